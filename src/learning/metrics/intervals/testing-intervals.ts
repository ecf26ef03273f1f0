import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Random } from '../../../random.ts';

/** Made by NumPy and SciPy: test/golden/intervals.py. */
export const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/intervals.json', import.meta.url), 'utf8'),
) as {
  readonly delong: readonly {
    readonly name: string;
    readonly labels: readonly number[];
    readonly one: readonly number[];
    readonly other: readonly number[];
    readonly areas: readonly number[];
    readonly covariance: readonly (readonly number[])[];
    readonly intervals: readonly (readonly number[])[];
    readonly difference: number;
    readonly differenceInterval: readonly number[];
    readonly p: number;
  }[];
  readonly grouped: readonly {
    readonly name: string;
    readonly labels: readonly number[];
    readonly scores: readonly number[];
    readonly groups: readonly string[];
    readonly area: number;
    readonly variance: number;
    readonly freedom: number;
    readonly effective: readonly [negatives: number, positives: number];
    readonly interval: readonly number[];
  }[];
  readonly normal: readonly (readonly [number, number])[];
  readonly quantile: readonly (readonly [number, number])[];
  readonly mcnemar: readonly (readonly [number, number, number])[];
  readonly holm: readonly (readonly [readonly number[], readonly number[]])[];
  readonly classifiers: readonly {
    readonly labels: readonly number[];
    readonly one: readonly (readonly number[])[];
    readonly other: readonly (readonly number[])[];
    readonly only: readonly [first: number, second: number];
    readonly difference: number;
    readonly p: number;
  }[];
};

/** Equal up to a share of the value and an absolute rest. */
export function assertClose(
  actual: Iterable<number>,
  expected: Iterable<number>,
  tolerance = 1e-12,
): void {
  const values = [...actual];
  const wanted = [...expected];
  assert.equal(values.length, wanted.length);
  for (const [i, value] of values.entries()) {
    const bound = tolerance * Math.max(1, Math.abs(wanted[i]!));
    assert.ok(Math.abs(value - wanted[i]!) <= bound, `Expected ${wanted[i]} at ${i}, got ${value}`);
  }
}

/** Images of two classes whose scores are normal, those of positives higher by `shift`. */
export function drawnScores(negatives: number, positives: number, shift: number, seed: number) {
  const random = new Random('scores', seed);
  const labels = Array.from({ length: negatives + positives }, (_, i) => (i < negatives ? 0 : 1));
  return { labels, scores: labels.map((label) => random.normal() + shift * label) };
}
