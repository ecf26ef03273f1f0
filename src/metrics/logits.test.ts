import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logitDifferences, predictedClasses } from './logits.ts';

test('images so sure that their float32 softmax ties are still ranked apart', () => {
  const logits = Float32Array.of(-30, 30, -40, 40, -30, 30.5);

  assert.deepEqual([...logitDifferences(logits)], [60, 80, 60.5]);
});

test('the higher score is the class, and a tie is real', () => {
  assert.deepEqual([...predictedClasses([1, 2, 2, 1, 3, 3])], [1, 0, 0]);
});
