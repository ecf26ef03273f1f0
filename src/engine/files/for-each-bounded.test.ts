import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { forEachBounded } from './for-each-bounded.ts';

test('however many work on files at the same time, few files are open at once, and every one has its turn', async () => {
  let open = 0;
  let most = 0;
  let done = 0;
  const work = async () => {
    most = Math.max(most, ++open);
    await nextTurn();
    open -= 1;
    done += 1;
  };
  const items = Array.from({ length: 50 }, (_, index) => index);
  await Promise.all(Array.from({ length: 12 }, () => forEachBounded(items, 16, work)));
  assert.deepEqual({ most, done, open }, { most: 16, done: 600, open: 0 });
});

test('a failure gives its turn back, and is thrown once what was under way has ended', async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    await nextTurn();
    ended.push(item);
    if (item === 0) throw new Error('broken');
  };
  for (let round = 0; round < 20; round++) {
    await assert.rejects(forEachBounded([0, 1, 2, 3, 4], 2, work), /broken/);
  }
  assert.deepEqual(ended.slice(0, 2), [0, 1]);
});
