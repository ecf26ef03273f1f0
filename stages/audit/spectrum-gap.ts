import { twoSidedT } from '../../src/learning/metrics/intervals/student-t.ts';
import { ringCount } from '../../src/learning/vision/forensics/radial-spectrum.ts';
import type { ExaminedImage } from './audited-image.ts';

/** Where the spectra of two classes are farthest apart, and whether that is more than chance. */
export interface SpectrumGap {
  readonly ring: number;
  /** Mean log10 power of fakes less that of real images, there. */
  readonly apart: number;
  /** The same in deviations of the images; null where these have none. */
  readonly deviations: number | null;
  /**
   * Of no ring differing, by Welch's t of each ring and Bonferroni's bound for the largest of all; the degrees of freedom are
   * the fewer of the two classes'. Null where a class is of one unit, or has no spread.
   */
  readonly p: number | null;
}

/** `units` as in `Copies`: what belongs together counts once, however many images it has. */
export function spectrumGap(images: readonly ExaminedImage[], units: readonly string[]): SpectrumGap {
  const classes = [0, 1].map((label) => placesByUnit(images, units, label)) as [Places, Places];
  const counts = classes.map((places) => places.size);
  const rings = Array.from({ length: ringCount }, (_, ring) => {
    const [real, fake] = classes.map((places) => spreadOf(images, places, ring)) as [Spread, Spread];
    const error = differenceError(real, fake);
    const pooled = Math.sqrt((real.variance + fake.variance) / 2);
    const apart = fake.mean - real.mean;
    return { ring, apart, deviations: pooled > 0 ? apart / pooled : null, t: error > 0 ? apart / error : null };
  });
  const tested = rings.filter((one): one is (typeof rings)[number] & { t: number } => one.t !== null);
  if (tested.length === 0) {
    const { t: _, ...widest } = rings.reduce((a, b) => (Math.abs(b.apart) > Math.abs(a.apart) ? b : a));
    return { ...widest, p: null };
  }
  const { t, ...clearest } = tested.reduce((a, b) => (Math.abs(b.t) > Math.abs(a.t) ? b : a));
  return { ...clearest, p: Math.min(1, ringCount * twoSidedT(t, Math.min(...counts) - 1)) };
}

/** Of one class, the places of each unit's images. */
type Places = ReadonlyMap<string, readonly number[]>;

function placesByUnit(images: readonly ExaminedImage[], units: readonly string[], label: number): Places {
  const places = new Map<string, number[]>();
  for (const [place, image] of images.entries()) {
    if (image.label !== label) continue;
    const known = places.get(units[place]!);
    if (known === undefined) places.set(units[place]!, [place]);
    else known.push(place);
  }
  return places;
}

interface Spread {
  readonly mean: number;
  /** Over images; NaN of one. */
  readonly variance: number;
  /** By unit, how far it draws the mean to its side, for a variance of the mean that is the sum of their squares. */
  readonly pulls: ReadonlyMap<string, number>;
}

function spreadOf(images: readonly ExaminedImage[], places: Places, ring: number): Spread {
  const powers = new Map(
    Array.from(places, ([unit, of]) => [unit, of.map((place) => images[place]!.look.spectrum[ring]!)] as const),
  );
  const all = [...powers.values()].flat();
  const mean = all.reduce((sum, power) => sum + power, 0) / all.length;
  const variance = all.reduce((sum, power) => sum + (power - mean) ** 2, 0) / (all.length - 1);
  const factor = Math.sqrt(powers.size / (powers.size - 1)) / all.length;
  const pulls = Array.from(
    powers,
    ([unit, of]) => [unit, factor * of.reduce((sum, power) => sum + power - mean, 0)] as const,
  );
  return { mean, variance, pulls: new Map(pulls) };
}

/** The standard error of the means' difference; a unit that is in both classes moves both. NaN where a class is of one unit. */
function differenceError(real: Spread, fake: Spread): number {
  if (real.pulls.size < 2 || fake.pulls.size < 2) return Number.NaN;
  const units = new Set([...real.pulls.keys(), ...fake.pulls.keys()]);
  let sum = 0;
  for (const unit of units) sum += ((fake.pulls.get(unit) ?? 0) - (real.pulls.get(unit) ?? 0)) ** 2;
  return Math.sqrt(sum);
}
