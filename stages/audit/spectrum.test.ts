import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { Random } from '../../src/random.ts';
import { chartContent } from '../../test/support/chart-content.ts';
import { partialValue } from '../../test/support/partial-value.ts';
import { type SpectrumGap, spectrumChart, spectrumGap } from './spectrum.ts';
import type { ExaminedImage } from './survey.ts';

interface Noise {
  /** Units for each entry of `labels`. */
  readonly units?: number;
  /** The labels of a unit's images, for each sort of unit. */
  readonly labels?: readonly (readonly (0 | 1)[])[];
  /** How much stronger fakes are in ring 50. */
  readonly more?: number;
}

/** The gap between images whose rings are noise, most of it common to their unit. */
function gapOf(seed: number, { units = 30, labels = [[0], [1]], more = 0 }: Noise = {}) {
  const random = new Random('spectra', seed);
  const made = Array.from({ length: units }, (_, index) =>
    labels.map((of, kind) => {
      const common = Float32Array.from({ length: ringCount }, () => random.normal());
      return of.map((label) => {
        const power = (value: number, ring: number) =>
          value + 0.1 * random.normal() + (ring === 50 && label === 1 ? more : 0);
        return {
          image: { label, look: { spectrum: common.map(power) } },
          unit: `${kind}-${index}`,
        };
      });
    }),
  ).flat(2);
  return spectrumGap(
    made.map(({ image }) => partialValue<ExaminedImage>(image)),
    made.map(({ unit }) => unit),
  );
}

/** What the chart says of it. */
const wordsOf = (gap: SpectrumGap): string => {
  const of = { images: 30, mean: new Float64Array(), variance: new Float64Array(), spectrum: [] };
  const { title } = chartContent<{
    title: { subtitle: string[] };
  }>(spectrumChart(['real', 'fake'], [of, of], gap));
  return title.subtitle.join(' ');
};
const foundBy = (noise: Noise) =>
  Array.from({ length: 40 }, (_, seed) => gapOf(seed, noise)).filter(({ p }) => p! < 0.05);

test('the largest of all differences of noise is not significant, however many images each unit has', () => {
  assert.ok(foundBy({}).length <= 5);
  assert.ok(
    foundBy({
      labels: [
        [0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
      ],
    }).length <= 5,
  );
  assert.match(wordsOf(gapOf(1)), / times the power, p = [01]\.\d{3}$/);
});

test('a ring in which fakes are stronger is found, and sooner if units have images of both classes', () => {
  const gap = gapOf(1, { more: 1.5 });
  assert.equal(gap.ring, 50);
  assert.match(
    wordsOf(gap),
    /clearest at 0\.39 cycles per pixel, where fake has [\d.]+ times the power, p [<=] 0\.0\d+$/,
  );
  assert.ok(foundBy({ more: 0.2 }).length <= 5);
  assert.equal(foundBy({ more: 0.2, labels: [[0, 1]] }).length, 40);
});

test('one image a class, or copies of one, are too few for a test, and no number is infinite', () => {
  for (const labels of [
    [[0], [1]],
    [
      [0, 0],
      [1, 1],
    ],
  ] as const) {
    const gap = gapOf(1, { units: 1, labels });
    assert.equal(gap.p, null);
    assert.ok(gap.deviations === null || Math.abs(gap.deviations) < 1e3);
    assert.match(wordsOf(gap), /times the power, too few images for a test$/);
  }
});
