import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeProbabilitiesOf, logitsOf, scaleOf } from './score-scale.ts';

const pairs = (...scores: readonly (readonly [number, number])[]) => scores.map(([real, fake]) => ({ real, fake }));

test('scores are probabilities where every image has two that sum to 1, up to float32', () => {
  assert.equal(scaleOf(pairs([0.25, 0.75], [Math.fround(0.9), Math.fround(0.1)], [0, 1])), 'probabilities');
  assert.equal(scaleOf(pairs([0.25, 0.75], [0.5, 0.6])), 'logits');
  assert.equal(scaleOf(pairs([-1, 2])), 'logits');
  assert.equal(scaleOf([]), 'logits');
});

test('probabilities stay what they are, and their logits give them back', () => {
  const rows = pairs([0.25, 0.75], [0, 1]);
  assert.deepEqual([...fakeProbabilitiesOf(rows, 'probabilities')], [0.75, 1]);
  const [real, fake, least, most] = logitsOf(rows, 'probabilities');
  assert.equal(fake! - real!, Math.log(0.75) - Math.log(0.25));
  assert.deepEqual([least, most], [Math.log(Number.EPSILON), 0]);
});

test('logits stay what they are, and give the softmax', () => {
  const rows = pairs([1, 1], [0, Math.log(3)]);
  assert.deepEqual([...logitsOf(rows, 'logits')], [1, 1, 0, Math.log(3)]);
  assert.deepEqual(
    [...fakeProbabilitiesOf(rows, 'logits')].map((value) => value.toFixed(12)),
    ['0.500000000000', '0.750000000000'],
  );
});
