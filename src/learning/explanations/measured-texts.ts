import { formatEstimate, formatShare, formatSigned } from '../../format-numbers.ts';
import type { MapNumbers, MeasuredSurvey } from './measure-survey.ts';

/** A share with its interval: `41.2 % (39.0–43.1 %)`; a dash if it is undefined. */
export const shareAt = (numbers: MapNumbers, path: string): string =>
  textAt(numbers, path, formatShare);

/** The same of a difference of shares: `+3.1 % (−0.2 % to +6.0 %)`. */
export const changeAt = (numbers: MapNumbers, path: string): string =>
  textAt(numbers, path, (value) => `${formatSigned(100 * value, 1)} %`);

function textAt(numbers: MapNumbers, path: string, format: (value: number) => string): string {
  const { estimate = Number.NaN, low = Number.NaN, high = Number.NaN } = numbers.get(path) ?? {};
  return Number.isNaN(estimate) ? '–' : formatEstimate({ estimate, low, high }, format);
}

/**
 * The distance between the mean maps of a network by its path (empty, or `untrained.`), and whether
 * chance explains it.
 */
export function distanceAt(numbers: MapNumbers, path: string, confidence: number): string {
  const p = numbers.get(`${path}distanceP`)?.estimate ?? Number.NaN;
  return `${shareAt(numbers, `${path}distance`)}${p >= 1 - confidence ? ' (not distinguishable from chance)' : ''}`;
}

/**
 * The caveat about the untrained network: another draw would differ, and no interval says by how
 * much.
 */
export const oneDraw = 'The untrained network is one draw of random weights.';

/** The caveat about the maps of a network that has learned nothing, if it applies. */
export function chanceNote({ isNearChance, accuracy }: MeasuredSurvey): string | undefined {
  if (!isNearChance) return undefined;
  return `The network is not measurably better than chance on these images (accuracy ${formatShare(accuracy)}): its maps may show little but its architecture, such as the grid of its strides.`;
}
