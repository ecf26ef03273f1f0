import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import { Random } from '../../src/random.ts';
import type { ExaminedImage } from './look-through.ts';
import { type SpectrumGap, spectrumChart, spectrumGap } from './spectrum.ts';

interface Noise {
  /** Units of one class, or of both. */
  readonly units?: number;
  /** The labels of a unit's images. */
  readonly labels?: readonly (readonly (0 | 1)[])[];
  /** By which fakes are stronger in ring 50. */
  readonly more?: number;
}

/** Images whose rings are noise, most of it their unit's. */
function gapOf(seed: number, { units = 30, labels = [[0], [1]], more = 0 }: Noise = {}) {
  const random = new Random('spectra', seed);
  const made = Array.from({ length: units }, (_, index) =>
    labels.map((of, kind) => {
      const common = Float32Array.from({ length: ringCount }, () => random.normal());
      return of.map((label) => {
        const power = (value: number, ring: number) =>
          value + 0.1 * random.normal() + (ring === 50 && label === 1 ? more : 0);
        return { image: { label, look: { spectrum: common.map(power) } }, unit: `${kind}-${index}` };
      });
    }),
  ).flat(2);
  return spectrumGap(
    made.map(({ image }) => image as unknown as ExaminedImage),
    made.map(({ unit }) => unit),
  );
}
/** What the chart says of it. */
const told = (gap: SpectrumGap): string => {
  const of = { images: 30, mean: new Float64Array(), variance: new Float64Array(), spectrum: [] };
  const { title } = spectrumChart(['real', 'fake'], [of, of], gap) as unknown as { title: { subtitle: string[] } };
  return title.subtitle.join(' ');
};
const foundBy = (noise: Noise) =>
  Array.from({ length: 40 }, (_, seed) => gapOf(seed, noise)).filter(({ p }) => p! < 0.05);

test('the largest of 64 differences that are noise is told as chance, however often each unit was photographed', () => {
  assert.ok(foundBy({}).length <= 5);
  assert.ok(
    foundBy({
      labels: [
        [0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
      ],
    }).length <= 5,
  );
  assert.match(told(gapOf(1)), / times the power, p = [01]\.\d{3}$/);
});

test('a ring in which fakes are stronger is found, and in units of both classes sooner', () => {
  const gap = gapOf(1, { more: 1.5 });
  assert.equal(gap.ring, 50);
  assert.match(told(gap), /clearest at 0\.39 cycles per pixel, where fake has [\d.]+ times the power, p [<=] 0\.0\d+$/);
  assert.ok(foundBy({ more: 0.2 }).length <= 5);
  assert.equal(foundBy({ more: 0.2, labels: [[0, 1]] }).length, 40);
});

test('of one image a class, or of copies of one, the chart says that they are too few, and no number is infinite', () => {
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
    assert.match(told(gap), /times the power, too few images for a test$/);
  }
});
