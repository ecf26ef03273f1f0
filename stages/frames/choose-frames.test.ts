import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFrames } from './choose-frames.ts';
import { selectExpression } from './extract.ts';

test('frames are chosen by number, by rate, by key frames, and between two times', () => {
  const frames = Array.from({ length: 10 }, (_, i) => ({ time: i / 5, isKey: i % 4 === 0 }));
  assert.deepEqual(chooseFrames(frames, { every: 4 }), [0, 4, 8]);
  assert.deepEqual(chooseFrames(frames, { key: true }), [0, 4, 8]);
  assert.deepEqual(chooseFrames(frames, { rate: 1 }), [0, 5]);
  assert.deepEqual(chooseFrames(frames, { rate: 2 }), [0, 2, 5, 7]);
  assert.deepEqual(chooseFrames(frames, { rate: 50 }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    chooseFrames(frames, { take: { count: 3, spread: 'first' }, start: 0.4 }),
    [2, 3, 4],
  );
  assert.deepEqual(chooseFrames(frames, { every: 1, start: 0.4, end: 1 }), [2, 3, 4]);
  assert.deepEqual(chooseFrames(frames, { take: { count: 40, spread: 'even' } }).length, 10);
  const uneven = [0, 0.1, 0.2, 2.5, 2.6].map((time) => ({ time, isKey: false }));
  assert.deepEqual(chooseFrames(uneven, { rate: 1 }), [0, 2], 'the frame that is shown, once');
});

test('the expression for ffmpeg is true for the chosen numbers alone', () => {
  assert.equal(selectExpression([3]), 'between(n,3,3)*not(mod(n-3,1))');
  assert.equal(selectExpression([0, 10, 20]), 'between(n,0,20)*not(mod(n-0,10))');
  assert.equal(
    selectExpression([1, 2, 9]),
    'if(lt(n,9),between(n,1,2)*not(mod(n-1,1)),between(n,9,9)*not(mod(n-9,1)))',
  );
});
