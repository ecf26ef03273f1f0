import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auc, partialAuc } from './auc.ts';
import { equalErrorRate, youdenThreshold } from './chosen-thresholds.ts';
import { detCurve } from './det-curve.ts';
import { averagePrecision, precisionRecallCurve } from './precision-recall.ts';
import { rocCurve, truePositiveRatesAt } from './roc-curve.ts';
import { countAtThresholds } from './threshold-counts.ts';

/** Items of both classes, with ties. */
const ranking = fc
  .array(fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -4, max: 4 }) }), {
    maxLength: 14,
  })
  .map((items) => [{ label: 0, score: 1 }, { label: 1, score: 2 }, ...items])
  .map((items) => ({
    labels: items.map(({ label }) => label),
    scores: items.map(({ score }) => score),
  }));

type Ranking = typeof ranking extends fc.Arbitrary<infer T> ? T : never;

function always(law: (ranking: Ranking) => void): void {
  fc.assert(fc.property(ranking, law), { numRuns: 200 });
}

function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `Expected ${expected}, got ${actual}`);
}

test('only the order of scores counts', () => {
  always(({ labels, scores }) => {
    const bent = scores.map((score) => Math.exp(score) - 7);
    assert.equal(auc(countAtThresholds(labels, bent)), auc(countAtThresholds(labels, scores)));
    assert.equal(
      partialAuc(countAtThresholds(labels, bent), 0.3),
      partialAuc(countAtThresholds(labels, scores), 0.3),
    );
    assert.equal(
      averagePrecision(countAtThresholds(labels, bent)),
      averagePrecision(countAtThresholds(labels, scores)),
    );
    assert.equal(
      equalErrorRate(countAtThresholds(labels, bent)).rate,
      equalErrorRate(countAtThresholds(labels, scores)).rate,
    );
    assert.equal(
      youdenThreshold(countAtThresholds(labels, bent)).index,
      youdenThreshold(countAtThresholds(labels, scores)).index,
    );
  });
});

test('reversed scores give 1 minus the area, and swapped classes give it back', () => {
  always(({ labels, scores }) => {
    const turned = scores.map((score) => -score);
    const others = labels.map((label) => 1 - label);
    assertClose(auc(countAtThresholds(labels, turned)), 1 - auc(countAtThresholds(labels, scores)));
    assertClose(auc(countAtThresholds(others, turned)), auc(countAtThresholds(labels, scores)));
    assertClose(
      equalErrorRate(countAtThresholds(others, turned)).rate,
      equalErrorRate(countAtThresholds(labels, scores)).rate,
    );
    assertClose(
      equalErrorRate(countAtThresholds(labels, turned)).rate,
      1 - equalErrorRate(countAtThresholds(labels, scores)).rate,
    );
  });
});

test('the equal error rate lies on the ROC curve and on the diagonal', () => {
  always(({ labels, scores }) => {
    const { rate } = equalErrorRate(countAtThresholds(labels, scores));
    const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(
      countAtThresholds(labels, scores),
    );
    // Through (rate, 1 - rate) passes one of the curve's pieces.
    const passes = Array.from({ length: x.length - 1 }, (_, i) => {
      const across = x[i + 1]! - x[i]!;
      const up = y[i + 1]! - y[i]!;
      const isWithin = rate >= x[i]! - 1e-12 && rate <= x[i + 1]! + 1e-12;
      return isWithin && Math.abs((rate - x[i]!) * up - (1 - rate - y[i]!) * across) < 1e-12;
    });
    assert.ok(passes.includes(true), `${rate}`);
  });
});

test('decisions at the chosen thresholds have the index and the error rates that are claimed', () => {
  always(({ labels, scores }) => {
    const share = (threshold: number, label: number) => {
      const ofLabel = scores.filter((_, i) => labels[i] === label);
      return ofLabel.filter((score) => score >= threshold).length / ofLabel.length;
    };
    const { index, threshold } = youdenThreshold(countAtThresholds(labels, scores));
    assertClose(share(threshold, 1) - share(threshold, 0), index);

    const equal = equalErrorRate(countAtThresholds(labels, scores));
    const falsePositives = share(equal.threshold, 0);
    const falseNegatives = 1 - share(equal.threshold, 1);
    assert.ok(Math.min(falsePositives, falseNegatives) <= equal.rate + 1e-12);
    assert.ok(Math.max(falsePositives, falseNegatives) >= equal.rate - 1e-12);
  });
});

test('the height over a rate is on the curve, rises with the rate, and its mean is the area', () => {
  always(({ labels, scores }) => {
    const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(
      countAtThresholds(labels, scores),
    );
    const heights = [
      ...truePositiveRatesAt(countAtThresholds(labels, scores), [0, 0.1, 0.2, 0.5, 0.9, 1]),
    ];
    assert.deepEqual(
      heights,
      heights.toSorted((a, b) => a - b),
    );
    assert.equal(heights[0], y[x.lastIndexOf(0)]);
    assert.equal(heights.at(-1), 1);
    assertClose(
      partialAuc(countAtThresholds(labels, scores), 1),
      auc(countAtThresholds(labels, scores)),
    );
  });
});

test('the average precision is the sum of the steps of the curve', () => {
  always(({ labels, scores }) => {
    const { precision, recall } = precisionRecallCurve(countAtThresholds(labels, scores));
    const steps = Array.from(
      precision.subarray(1),
      (_, i) => (recall[i]! - recall[i + 1]!) * precision[i]!,
    );
    assertClose(
      steps.reduce((sum, step) => sum + step, 0),
      averagePrecision(countAtThresholds(labels, scores)),
    );
  });
});

test('error rates fall and rise from one end of a DET curve to the other', () => {
  always(({ labels, scores }) => {
    const { falsePositiveRate, falseNegativeRate, thresholds } = detCurve(
      countAtThresholds(labels, scores),
    );
    assert.deepEqual(
      [...falsePositiveRate],
      [...falsePositiveRate].sort((a, b) => b - a),
    );
    assert.deepEqual(
      [...falseNegativeRate],
      [...falseNegativeRate].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [...thresholds],
      [...thresholds].sort((a, b) => a - b),
    );
    assert.deepEqual([falseNegativeRate[0], falsePositiveRate.at(-1)], [0, 0]);
  });
});
