import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeName } from '../file-names.ts';
import type { StageName } from '../pipeline.ts';
import { parseDuration, parseMemory } from './units.ts';

test('durations are counted in milliseconds', () => {
  const expected = {
    '30s': 30_000,
    '4h': 14_400_000,
    '1h30m': 5_400_000,
    '1.5h': 5_400_000,
    '250ms': 250,
    '2d': 172_800_000,
  };
  for (const [text, milliseconds] of Object.entries(expected)) assert.equal(parseDuration(text), milliseconds, text);
  for (const text of ['', '5', '4 h', '-1s', '0s', '1h30', 'h', '1w'])
    assert.equal(parseDuration(text), undefined, text);
});

test('sizes are counted in bytes', () => {
  const expected = { '8GiB': 2 ** 33, '512MiB': 2 ** 29, '1.5GB': 1.5e9, '512 KB': 512_000, '10B': 10 };
  for (const [text, bytes] of Object.entries(expected)) assert.equal(parseMemory(text), bytes, text);
  for (const text of ['', '8', '8Gib', '8 giB', '-1GiB', 'GiB', '99999999999TiB']) {
    assert.equal(parseMemory(text), undefined, text);
  }
});

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
