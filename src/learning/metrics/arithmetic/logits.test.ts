import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  logitDifferences,
  logitsOf,
  positiveProbabilities,
  positiveProbabilitiesOf,
  predictedClasses,
  scaleOf,
} from './logits.ts';

test('logits whose softmax ties in float32 are still ranked', () => {
  const logits = Float32Array.of(-30, 30, -40, 40, -30, 30.5);

  assert.deepEqual([...logitDifferences(logits)], [60, 80, 60.5]);
});

test('the higher score is the class, and a tie is real', () => {
  assert.deepEqual([...predictedClasses([1, 2, 2, 1, 3, 3])], [1, 0, 0]);
});

test('the probability of fake is the softmax of the two scores, drawn towards a half by a temperature', () => {
  const differences = logitDifferences([1, 1, 0, Math.log(3), 900, 0, 0, 900]);
  assert.deepEqual(
    Array.from(positiveProbabilities(differences), (probability) => probability.toFixed(3)),
    ['0.500', '0.750', '0.000', '1.000'],
  );
  assert.deepEqual(
    [...positiveProbabilities([2 * Math.log(3)], 2)].map((probability) => probability.toFixed(3)),
    ['0.750'],
  );
});

const pairs = (...scores: readonly (readonly [number, number])[]) =>
  scores.map(([negative, positive]) => ({ negative, positive }));

test('scores are probabilities where every image has two that sum to 1, up to float32', () => {
  assert.equal(
    scaleOf(pairs([0.25, 0.75], [Math.fround(0.9), Math.fround(0.1)], [0, 1])),
    'probabilities',
  );
  assert.equal(scaleOf(pairs([0.25, 0.75], [0.5, 0.6])), 'logits');
  assert.equal(scaleOf(pairs([-1, 2])), 'logits');
  assert.equal(scaleOf([]), 'logits');
});

test('probabilities stay what they are, and their logits give them back', () => {
  const rows = pairs([0.25, 0.75], [0, 1]);
  assert.deepEqual([...positiveProbabilitiesOf(rows, 'probabilities')], [0.75, 1]);
  const [real, fake, least, most] = logitsOf(rows, 'probabilities');
  assert.equal(fake! - real!, Math.log(0.75) - Math.log(0.25));
  assert.deepEqual([least, most], [Math.log(Number.EPSILON), 0]);
});

test('logits stay what they are, and give the softmax', () => {
  const rows = pairs([1, 1], [0, Math.log(3)]);
  assert.deepEqual([...logitsOf(rows, 'logits')], [1, 1, 0, Math.log(3)]);
  assert.deepEqual(
    [...positiveProbabilitiesOf(rows, 'logits')].map((value) => value.toFixed(12)),
    ['0.500000000000', '0.750000000000'],
  );
});
