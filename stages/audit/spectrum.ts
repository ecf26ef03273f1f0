import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatDecimal, formatP } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { chart, quantity } from '../../src/learning/charts/encoders.ts';
import { lineLayers } from '../../src/learning/charts/line-layers.ts';
import { classColours } from '../../src/learning/charts/theme.ts';
import { mean, sampleVariance } from '../../src/learning/metrics/arithmetic/mean.ts';
import { twoSidedT } from '../../src/learning/metrics/intervals/student-t.ts';
import {
  highestFrequency,
  ringCount,
  ringFrequencies,
} from '../../src/learning/vision/forensics/radial-spectrum.ts';
import type { ClassMeans } from './class-means.ts';
import type { ExaminedImage } from './survey.ts';

/** The clearest difference between the spectra of two classes. */
export type SpectrumGap = ReturnType<typeof spectrumGap>;

/**
 * The ring in which the spectra of two classes differ most: `apart` is the mean log10 power of
 * positives minus that of negative images, `deviations` the same in standard deviations of the
 * images (null where these are zero). `p` is for the hypothesis that no ring differs: Welch's t of
 * each ring, with Bonferroni's bound for the largest and the degrees of freedom of the smaller
 * class; null where a class has one unit or no spread. `units` as in `Copies`: a unit counts once,
 * however many images it has.
 */
export function spectrumGap(images: readonly ExaminedImage[], units: readonly string[]) {
  const classes = [0, 1].map((label) => {
    const members = [...images.keys()].filter((index) => images[index]!.label === label);
    return groupBy(members, (index) => units[index]!);
  });
  const rings = Array.from({ length: ringCount }, (_, ring) => {
    const [negative, positive] = classes.map((indices) => spreadOf(images, indices, ring)) as [
      Spread,
      Spread,
    ];
    const error = differenceError(negative, positive);
    const pooled = Math.sqrt((negative.variance + positive.variance) / 2);
    const apart = positive.mean - negative.mean;
    return {
      ring,
      apart,
      deviations: pooled > 0 ? apart / pooled : null,
      t: error > 0 ? apart / error : null,
    };
  });
  const largest = (of: (ring: (typeof rings)[number]) => number) =>
    rings.reduce((a, b) => (Math.abs(of(b)) > Math.abs(of(a)) ? b : a));
  if (rings.every(({ t }) => t === null)) {
    const { t: _, ...widest } = largest(({ apart }) => apart);
    return { ...widest, p: null as number | null };
  }
  const { t, ...clearest } = largest(({ t }) => t ?? 0);
  const fewest = Math.min(...classes.map(({ size }) => size));
  return { ...clearest, p: Math.min(1, ringCount * twoSidedT(t!, fewest - 1)) };
}

type Spread = ReturnType<typeof spreadOf>;

/**
 * The mean and variance over images (NaN of one) of one class in one ring, and the influence of
 * each unit on the mean, whose variance is the sum of their squares.
 */
function spreadOf(
  images: readonly ExaminedImage[],
  indices: ReadonlyMap<string, readonly number[]>,
  ring: number,
) {
  const powers = Array.from(
    indices,
    ([unit, of]) => [unit, of.map((index) => images[index]!.look.spectrum[ring]!)] as const,
  );
  const all = powers.flatMap(([, of]) => of);
  const middle = mean(all);
  const factor = Math.sqrt(powers.length / (powers.length - 1)) / all.length;
  const pulls = powers.map(
    ([unit, of]) => [unit, factor * of.reduce((sum, power) => sum + power - middle, 0)] as const,
  );
  return { mean: middle, variance: sampleVariance(all), pulls: new Map(pulls) };
}

/**
 * The standard error of the difference of the means; a unit in both classes moves both. NaN where a
 * class has one unit.
 */
function differenceError(negative: Spread, positive: Spread): number {
  if (negative.pulls.size < 2 || positive.pulls.size < 2) return Number.NaN;
  const units = new Set([...negative.pulls.keys(), ...positive.pulls.keys()]);
  let sum = 0;
  for (const unit of units)
    sum += ((positive.pulls.get(unit) ?? 0) - (negative.pulls.get(unit) ?? 0)) ** 2;
  return Math.sqrt(sum);
}

const width = 460;

/**
 * Power against spatial frequency, a line for each class, and as a band the deviation over its
 * images.
 */
export function spectrumChart(
  names: readonly string[],
  classes: readonly ClassMeans[],
  gap: SpectrumGap,
): TopLevelSpec {
  const values = classes.flatMap(({ spectrum }, label) =>
    spectrum.map(({ mean, deviation }, ring) => ({
      series: names[label]!,
      frequency: ringFrequencies[ring]!,
      power: mean,
      low: mean - deviation,
      high: mean + deviation,
    })),
  );
  const x = quantity('frequency', 'Spatial frequency, cycles per pixel', {
    domain: [0, highestFrequency],
    format: '.1f',
    tickCount: 7,
  });
  const y = quantity('power', 'Power of luma, log₁₀ (levels²)');
  const counts = classes.map(({ images }, label) => `${formatCount(images)} ${names[label]}`);
  const subtitle = `${counts.join(' and ')} images; band: one deviation; ${gapText(names, gap)}`;
  return chart('Radial power spectrum of each class', subtitle, width, {
    width,
    height: 300,
    data: { name: 'spectra', values },
    layer: lineLayers(names, {
      x,
      y,
      colours: classColours,
      legend: { title: 'Class', width },
      bands: true,
    }),
  });
}

/** `p = 0.034`, `p <0.001`. */
const pText = (p: number): string => (p < 0.001 ? `p ${formatP(p)}` : `p = ${formatP(p)}`);

/** `clearest at 0.39 cycles per pixel, where dog has 1.4 times the power, p = 0.034`. */
function gapText(names: readonly string[], { ring, apart, p }: SpectrumGap): string {
  const more = names[apart < 0 ? 0 : 1]!;
  const times = 10 ** Math.abs(apart);
  const test = p === null ? 'too few images for a test' : pText(p);
  const at = formatDecimal(ringFrequencies[ring]!, 2);
  return `clearest at ${at} cycles per pixel, where ${more} has ${formatDecimal(times, 1)} times the power, ${test}`;
}
