import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expectedCalibrationError } from '../calibration/calibration-bins.ts';
import { fitTemperature } from '../calibration/temperature.ts';
import {
  accuracy,
  balancedAccuracy,
  majorityAccuracy,
} from '../classification/decision-metrics.ts';
import { confusion, decisionsOfSides } from '../detector-confusion.ts';
import { auc, partialAuc } from '../ranking/auc.ts';
import { equalErrorRate } from '../ranking/chosen-thresholds.ts';
import { averagePrecision } from '../ranking/precision-recall.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import { brier } from '../testing-scores.ts';
import { weightedMean } from './weights.ts';

test('the example: an item of weight 3 counts as three', () => {
  assert.equal(
    weightedMean(2, (i) => i, { weights: [1, 3] }),
    0.75,
  );
});

test('an item of weight 0 does not count, even if it is NaN', () => {
  assert.equal(
    weightedMean(2, (i) => [Number.NaN, 2][i]!, { weights: [0, 1] }),
    2,
  );
});

test('whole weights are repetitions, for every metric', () => {
  const item = fc.record({
    label: fc.constantFrom(0, 1),
    value: fc.integer({ min: 0, max: 8 }),
    weight: fc.nat(3),
  });
  const metrics: Readonly<Record<string, typeof brier>> = {
    accuracy: (labels, values, options) =>
      accuracy(decisionsOfSides(confusion(labels, Array.from(values, Math.round), options))),
    balanced: (labels, values, options) =>
      balancedAccuracy(
        decisionsOfSides(confusion(labels, Array.from(values, Math.round), options)),
      ),
    majority: (labels, _, options) =>
      majorityAccuracy(decisionsOfSides(confusion(labels, labels, options))),
    auc: (...given) => auc(countAtThresholds(...given)),
    averagePrecision: (...given) => averagePrecision(countAtThresholds(...given)),
    brier,
    equalErrorRate: (...given) => equalErrorRate(countAtThresholds(...given)).rate,
    threshold: (...given) => equalErrorRate(countAtThresholds(...given)).threshold,
    expectedCalibrationError,
    partialAuc: (labels, values, options) =>
      partialAuc(countAtThresholds(labels, values, options), 0.3),
    fitTemperature: (labels, values, options) =>
      fitTemperature(
        labels,
        Array.from(values, (value) => value - 0.5),
        options,
      ),
  };
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 12 }), (items) => {
      const repeated = items.flatMap((it) => Array.from({ length: it.weight }, () => it));
      for (const [name, metric] of Object.entries(metrics)) {
        const weighed = metric(
          items.map(({ label }) => label),
          items.map(({ value }) => value / 8),
          { weights: items.map(({ weight }) => weight) },
        );
        const listed = metric(
          repeated.map(({ label }) => label),
          repeated.map(({ value }) => value / 8),
        );
        const isClose =
          Object.is(weighed, listed) ||
          Math.abs(weighed - listed) <= 1e-9 * Math.max(1, Math.abs(listed));
        assert.ok(isClose, `${name}: ${weighed} of weights, ${listed} of repetitions`);
      }
    }),
  );
});
