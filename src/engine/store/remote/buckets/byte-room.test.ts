import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ByteRoom } from './byte-room.ts';

test('work runs side by side as far as its bytes fit, and what is larger than the room runs alone', async () => {
  const room = new ByteRoom(100);
  let inUse = 0;
  const peaks: number[] = [];
  const work = (bytes: number) =>
    room.hold(bytes, async () => {
      inUse += bytes;
      peaks.push(inUse);
      await nextTurn();
      inUse -= bytes;
    });
  await Promise.all([40, 40, 40, 250, 10, 90, 100].map(work));
  assert.equal(peaks.length, 7);
  assert.equal(Math.max(...peaks), 250, 'alone');
  assert.ok(peaks.filter((peak) => peak > 100).length === 1, String(peaks));
  assert.ok(peaks.includes(80), 'side by side');
});

test('work that fails gives its room back', async () => {
  const room = new ByteRoom(10);
  await assert.rejects(
    room.hold(10, async () => Promise.reject(new Error('no'))),
    /^Error: no$/,
  );
  assert.equal(await room.hold(10, async () => 'done'), 'done');
});
