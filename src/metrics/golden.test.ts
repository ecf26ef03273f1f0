import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accuracy } from './accuracy.ts';
import { auc } from './auc.ts';
import { confusion } from './confusion.ts';
import { crossEntropy } from './cross-entropy.ts';
import { logitDifferences, predictedClasses } from './logits.ts';
import { rocCurve } from './roc-curve.ts';

interface GoldenCurve {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** The first is infinite, which JSON cannot say. */
  readonly thresholds: readonly (number | null)[];
}

/** Made by scikit-learn: test/golden/metrics.py. */
const cases = JSON.parse(readFileSync(new URL('../../test/golden/metrics.json', import.meta.url), 'utf8')) as readonly {
  readonly name: string;
  readonly labels: readonly number[];
  readonly logits: readonly number[];
  readonly roc: GoldenCurve;
  readonly rocWithAllPoints: GoldenCurve;
  readonly auc: number;
  readonly accuracy: number;
  readonly crossEntropy: number;
  readonly confusion: readonly number[];
}[];

for (const { name, labels, logits, ...golden } of cases) {
  test(`all metrics are scikit-learn’s for ${name}`, () => {
    const scores = logitDifferences(logits);
    const predictions = predictedClasses(logits);

    assertCurve(rocCurve(labels, scores), golden.roc);
    assertCurve(rocCurve(labels, scores, { dropIntermediate: false }), golden.rocWithAllPoints);
    assertClose([auc(labels, scores)], [golden.auc]);
    assertClose([accuracy(labels, predictions)], [golden.accuracy]);
    assertClose([crossEntropy(labels, logits)], [golden.crossEntropy]);
    assert.deepEqual(Object.values(confusion(labels, predictions)), golden.confusion);
  });
}

function assertCurve(curve: ReturnType<typeof rocCurve>, golden: GoldenCurve): void {
  assertClose(curve.falsePositiveRate, golden.falsePositiveRate);
  assertClose(curve.truePositiveRate, golden.truePositiveRate);
  assertClose(
    curve.thresholds,
    golden.thresholds.map((threshold) => threshold ?? Infinity),
  );
}

function assertClose(actual: Iterable<number>, expected: readonly number[]): void {
  const values = [...actual];
  assert.equal(values.length, expected.length);
  for (const [i, value] of values.entries()) {
    const wanted = expected[i]!;
    assert.ok(value === wanted || Math.abs(value - wanted) < 1e-12, `Expected ${wanted} at ${i}, got ${value}`);
  }
}
