import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differingWords } from './differing-words.ts';

test('of several texts the words stay in which they differ, and at least one', () => {
  const of = (...texts: readonly string[]) => differingWords(texts);
  assert.deepEqual(of('node fit.mjs 3 --gpu out', 'node fit.mjs 4 5 --gpu out'), [
    '… 3 …',
    '… 4 5 …',
  ]);
  assert.deepEqual(of('python a.py', 'node b.mjs'), ['python a.py', 'node b.mjs']);
  assert.deepEqual(of('fit now', 'fit now twice'), ['… now', '… now twice']);
  assert.deepEqual(of('fit', 'fit again'), ['fit', 'fit again']);
});
