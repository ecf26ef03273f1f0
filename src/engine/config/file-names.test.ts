import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeName } from './file-names.ts';
import type { StageName } from './pipeline.ts';

test('a stage is published under a name that every file system takes', () => {
  assert.equal(safeName('fit[net=my-net,seed=2]' as StageName), 'fit@net=my-net,seed=2');
  assert.equal(safeName('sn/fit' as StageName), 'sn/fit');
  assert.equal(safeName('fit[set=a/b:c]' as StageName), 'fit@set=a%2Fb%3Ac');
  assert.ok(safeName(`fit[${'axis=value,'.repeat(100)}]` as StageName).length < 200);
});

test('different stages are published under different names', () => {
  const value = fc.string({ minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      fc.pre(a !== b);
      assert.notEqual(safeName(`fit[x=${a}]` as StageName), safeName(`fit[x=${b}]` as StageName));
    }),
  );
});
