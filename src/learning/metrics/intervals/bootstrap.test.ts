import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bandOf,
  bootstrapInterval,
  bootstrapIntervals,
  bootstrapWeights,
  percentileEnds,
  resample,
} from './bootstrap.ts';

const labels = [0, 0, 0, 0, 1, 1];
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('every draw has as many images of each class as there are', () => {
  let draws = 0;
  for (const weights of bootstrapWeights({ labels, draws: 50, seed: 1 })) {
    assert.deepEqual([sum(weights.slice(0, 4)), sum(weights.slice(4))], [4, 2]);
    draws++;
  }
  assert.equal(draws, 50);
});

test('whole groups are drawn, separately for those of one class, of the other, and of both', () => {
  const groups = ['a', 'a', 'b', 'e', 'c', 'e'];
  for (const weights of bootstrapWeights({ labels, groups, draws: 50, seed: 1 })) {
    assert.equal(weights[0], weights[1]);
    assert.equal(weights[0]! + weights[2]!, 2);
    assert.deepEqual([weights[4], weights[3], weights[5]], [1, 1, 1]); // the only ones of their kind
  }
});

test('the same seed gives the same draws, another one others', () => {
  const draws = (seed: number) => Array.from(bootstrapWeights({ labels, draws: 5, seed }), (weights) => [...weights]);
  assert.deepEqual(draws(1), draws(1));
  assert.notDeepEqual(draws(1), draws(2));
});

test('the interval of a share is the binomial one, up to the error of the draws', () => {
  const right = Array.from({ length: 400 }, (_, i) => (i % 5 === 0 ? 0 : 1)); // 80 %
  const labels = right.map((_, i) => (i < 200 ? 0 : 1));
  const share = (weights: Uint8Array) => sum(weights.map((weight, i) => weight * right[i]!)) / sum(weights);
  const { estimate, low, high, method } = bootstrapInterval({ labels, seed: 3 }, share, 0.95);
  const half = 1.96 * Math.sqrt((0.8 * 0.2) / 400);
  assert.equal(estimate, 0.8);
  assert.ok(Math.abs(low - (0.8 - half)) < 0.004 && Math.abs(high - (0.8 + half)) < 0.004, `${low}, ${high}`);
  assert.equal(method, 'bootstrap');
});

test('draws that are all alike do not show the spread', () => {
  const { estimate, low, high } = bootstrapInterval({ labels, seed: 1 }, () => 1, 0.95);
  assert.deepEqual([estimate, low, high], [1, Number.NaN, Number.NaN]);
});

test('a class of one image or one group is never redrawn, which hides its spread', () => {
  const ends = (labels: number[], groups?: string[]) => {
    const { low, high } = bootstrapInterval({ labels, groups, seed: 1 }, (weights) => weights[0]!, 0.95);
    return [low, high];
  };
  const unknown = [Number.NaN, Number.NaN];
  assert.deepEqual(ends([0, 0, 0, 1]), unknown);
  assert.deepEqual(ends([0, 0, 0, 1, 1], ['a', 'b', 'c', 'd', 'd']), unknown);
  assert.deepEqual(ends([0, 0, 0, 1, 1], ['a', 'b', 'c', 'c', 'd']), unknown); // c and d are each the only one of its kind
  assert.deepEqual(ends([0, 0, 0, 1, 1], ['a', 'b', 'c', 'd', 'e']), [0, 3]);
  assert.deepEqual(ends([0, 1, 0, 1], ['a', 'a', 'b', 'b']), [0, 2]);
  assert.deepEqual(ends([1, 1, 1]), [0, 3]);
});

test('several statistics share the draws', () => {
  const first = (weights: Uint8Array) => weights[0]!;
  const both = bootstrapIntervals(
    { labels, draws: 99, seed: 2 },
    (weights) => ({ one: first(weights), twice: 2 * first(weights) }),
    0.9,
  );
  assert.deepEqual([both.one.low, both.one.high], [both.twice.low / 2, both.twice.high / 2]);
  assert.deepEqual(both.one, bootstrapInterval({ labels, draws: 99, seed: 2 }, first, 0.9));
});

test('a statistic that chance increases has mirrored percentiles, cut at 0 and stretched to the estimate', () => {
  const off = (weights: Uint8Array) => sum(weights.map((weight) => Math.abs(weight - 1)));
  const all = (weights: Uint8Array) => ({
    plain: 1 + off(weights),
    biased: 1 + off(weights),
    far: 99 + off(weights),
  });
  const { plain, biased, far } = bootstrapIntervals({ labels: [...labels, ...labels], draws: 99, seed: 2 }, all, 0.9, [
    'biased',
    'far',
  ]);
  assert.deepEqual([plain.estimate, plain.low > 1], [1, true]); // hardly any draw holds every image once
  assert.deepEqual([biased.low, biased.high], [0, 1]);
  assert.deepEqual([far.low, far.high], [198 - (98 + plain.high), 99]);
});

test('ends are NumPy’s percentiles of the draws, and undefined where over a tenth of them are', () => {
  assert.deepEqual(percentileEnds([4, 1, 3, 2], 0.5), [1.75, 3.25]);
  assert.deepEqual(percentileEnds([...Array<number>(9).fill(1), Number.NaN], 0.95), [1, 1]);
  assert.deepEqual(percentileEnds([1, 1, Number.NaN], 0.95), [Number.NaN, Number.NaN]);
  assert.deepEqual(percentileEnds([], 0.95), [Number.NaN, Number.NaN]);
});

test('groups for other images than those of the labels are refused', () => {
  assert.throws(
    () => bootstrapWeights({ labels, groups: ['a'], seed: 1 }).next(),
    new RangeError('Expected a group for each of 6 labels, got 1'),
  );
});

test('a band has no ends where a class has one image', () => {
  const sample = { labels: [0, 0, 1], draws: 20, seed: 1 };
  const { low, high } = bandOf(
    resample(sample, (weights) => weights.slice(0, 2)),
    0.95,
  );
  assert.deepEqual([[...low], [...high]], [Array(2).fill(Number.NaN), Array(2).fill(Number.NaN)]);
});
