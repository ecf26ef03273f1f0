import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { weightedMean } from '../arithmetic/weights.ts';
import { precisionOf } from '../classification/decision-metrics.ts';
import { confusion, decisionsOfSides } from '../detector-confusion.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds, rankScores } from '../ranking/threshold-counts.ts';
import {
  bootstrapInterval,
  bootstrapIntervals,
  bootstrapWeights,
  type Form,
  resample,
  type Statistic,
  spreadOf,
} from './bootstrap.ts';
import { bandOf } from './bootstrap-band.ts';

const labels = [0, 0, 0, 0, 1, 1];
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('every draw has as many images as there are, of a class as chance has it', () => {
  const fakes = Array.from(bootstrapWeights({ labels, draws: 50, seed: 1 }), (weights) => {
    assert.equal(sum(weights), 6);
    return sum(weights.slice(4));
  });
  assert.equal(fakes.length, 50);
  assert.ok(new Set(fakes).size > 2 && Math.abs(sum(fakes) / 50 - 2) < 0.5);
});

test('whole groups are drawn', () => {
  const groups = ['a', 'a', 'b', 'e', 'c', 'e'];
  for (const weights of bootstrapWeights({ labels, groups, draws: 50, seed: 1 })) {
    assert.deepEqual([weights[0], weights[3]], [weights[1], weights[5]]);
    assert.equal(weights[0]! + weights[2]! + weights[3]! + weights[4]!, 4);
  }
});

test('the same seed gives the same draws, another one others', () => {
  const draws = (seed: number) =>
    Array.from(bootstrapWeights({ labels, draws: 5, seed }), (weights) => [...weights]);
  assert.deepEqual(draws(1), draws(1));
  assert.notDeepEqual(draws(1), draws(2));
});

test('the interval of a share is the binomial one on the scale of the logit, up to the error of the draws', () => {
  const right = Array.from({ length: 400 }, (_, i) => (i % 5 === 0 ? 0 : 1)); // 80 %
  const labels = right.map((_, i) => (i < 200 ? 0 : 1));
  const share = (weights: Uint8Array) =>
    sum(weights.map((weight, i) => weight * right[i]!)) / sum(weights);
  const { estimate, low, high, method } = bootstrapInterval({ labels, seed: 3 }, share, 0.95, {
    range: [0, 1],
  });
  const half = 1.966 / Math.sqrt(0.8 * 0.2 * 400);
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  const ends = [logistic(Math.log(4) - half), logistic(Math.log(4) + half)] as const;
  assert.equal(estimate, 0.8);
  assert.ok(Math.abs(low - ends[0]) < 0.003 && Math.abs(high - ends[1]) < 0.003, `${low}, ${high}`);
  assert.equal(method, 'bootstrap');
});

/** How many of the intervals of 200 data sets contain the truth, in per cent. */
function covered(
  drawn: (random: Random) => { labels: number[]; statistic: Statistic },
  truth: number,
  form?: Form,
) {
  const sets = 200;
  const held = Array.from({ length: sets }, (_, seed) => {
    const { labels, statistic } = drawn(new Random('covered', seed));
    const { low, high } = bootstrapInterval({ labels, draws: 200, seed }, statistic, 0.95, form);
    return low <= truth && truth <= high;
  });
  return (100 * held.filter(Boolean).length) / sets;
}

test('intervals of few images cover the truth nineteen times in twenty, also where classes are drawn', () => {
  const ofPrecision = (random: Random) => {
    const labels = Array.from({ length: 100 }, () => (random.float() < 0.3 ? 1 : 0));
    const shareCalled = (label: number) => (label === 1 ? 0.8 : 0.2);
    const called = labels.map((label) => (random.float() < shareCalled(label) ? 1 : 0));
    const statistic = (weights: Uint8Array) =>
      precisionOf(decisionsOfSides(confusion(labels, called, { weights })), 1);
    return { labels, statistic };
  };
  assert.ok(covered(ofPrecision, 0.24 / 0.38, { range: [0, 1] }) >= 92);
  const areaOf = (random: Random) => {
    const labels = Array.from({ length: 20 }, (_, i) => i % 2);
    const ranking = rankScores(labels.map((label) => random.normal() + 1.5 * label));
    return {
      labels,
      statistic: (weights: Uint8Array) => auc(countAtThresholds(labels, ranking, { weights })),
    };
  };
  assert.ok(covered(areaOf, 0.8556, { range: [0, 1] }) >= 92); // Φ(1.5 / √2)
});

test('of few losses the largest are missing, so the interval of their mean reaches further up', () => {
  const lossOf = (random: Random) => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 2);
    const losses = labels.map(() => Math.exp(1.2 * random.normal()));
    const statistic = (weights: Uint8Array) => weightedMean(60, (i) => losses[i]!, { weights });
    return { labels, statistic };
  };
  const truth = Math.exp(1.2 ** 2 / 2);
  const form = { perImage: true, isSkewed: true };
  assert.ok(covered(lossOf, truth, form) >= 92);
});

test('a statistic at the end of its range has the plain interval, cut there', () => {
  const first = (weights: Uint8Array) => Math.min(1, weights[0]!);
  const { estimate, low, high } = bootstrapInterval({ labels, seed: 1 }, first, 0.95, {
    range: [0, 1],
  });
  assert.deepEqual([estimate, low, high], [1, 0, 1]);
});

test('the degrees of freedom are those of the rarest classes where each counts alike, else those of all images', () => {
  const spread = (counts: readonly number[], perImage = false) => {
    const labels = counts.flatMap((count, label) => Array<number>(count).fill(label));
    return spreadOf(
      resample({ labels, draws: 20, seed: 1 }, (weights) => weights[0]!),
      { perImage },
    ).freedom;
  };
  assert.deepEqual([spread([20, 20]), spread([20, 20], true)], [38, 39]);
  assert.deepEqual([spread([10, 190]), spread([10, 190], true)], [9, 199]);
  assert.deepEqual([spread([2, 100, 100]), spread([100, 100, 100])], [1, 297]);
});

test('draws that are all alike do not show the spread', () => {
  const { estimate, low, high } = bootstrapInterval({ labels, seed: 1 }, () => 1, 0.95);
  assert.deepEqual([estimate, low, high], [1, Number.NaN, Number.NaN]);
});

test('a class of one image or one group shows no spread', () => {
  const isKnown = (labels: number[], groups?: string[]) => {
    const { low } = bootstrapInterval({ labels, groups, seed: 1 }, (weights) => weights[0]!, 0.95);
    return !Number.isNaN(low);
  };
  assert.equal(isKnown([0, 0, 0, 1]), false);
  assert.equal(isKnown([0, 0, 0, 1, 1], ['a', 'b', 'c', 'd', 'd']), false);
  assert.equal(isKnown([0, 0, 0, 1, 1], ['a', 'b', 'c', 'c', 'd']), true);
  assert.equal(isKnown([0, 0, 0, 1, 1], ['a', 'b', 'c', 'd', 'e']), true);
  assert.equal(isKnown([0, 1, 0, 1], ['a', 'a', 'b', 'b']), true);
  assert.equal(isKnown([1, 1, 1]), true);
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
