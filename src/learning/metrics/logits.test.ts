import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeProbabilities, logitDifferences, predictedClasses } from './logits.ts';

test('images so sure that their float32 softmax ties are still ranked apart', () => {
  const logits = Float32Array.of(-30, 30, -40, 40, -30, 30.5);

  assert.deepEqual([...logitDifferences(logits)], [60, 80, 60.5]);
});

test('the higher score is the class, and a tie is real', () => {
  assert.deepEqual([...predictedClasses([1, 2, 2, 1, 3, 3])], [1, 0, 0]);
});

test('the probability of fake is the softmax of the two scores, drawn towards a half by a temperature', () => {
  const differences = logitDifferences([1, 1, 0, Math.log(3), 900, 0, 0, 900]);
  assert.deepEqual(
    Array.from(fakeProbabilities(differences), (probability) => probability.toFixed(3)),
    ['0.500', '0.750', '0.000', '1.000'],
  );
  assert.deepEqual(
    [...fakeProbabilities([2 * Math.log(3)], 2)].map((probability) => probability.toFixed(3)),
    ['0.750'],
  );
});
