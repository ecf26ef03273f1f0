import type { Numbers } from './map-metrics.ts';

/** A number of a method with its interval, by its path within the metrics. */
export function numberAt(numbers: Numbers, path: string): Measured {
  const steps = path.split('.');
  const name = steps.pop()!;
  const map = steps.reduce<Numbers | undefined>((inner, step) => inner?.[step] as Numbers | undefined, numbers);
  const intervals = map?.['intervals'] as Numbers | undefined;
  return {
    value: (map?.[name] as number | undefined) ?? null,
    ends: (intervals?.[name] as Measured['ends'] | undefined) ?? null,
  };
}

export interface Measured {
  readonly value: number | null;
  readonly ends: readonly [low: number, high: number] | null;
}

/** Such as `41.2 % (39.0–43.1 %)`, and a dash where there is none. */
export function formatSharing({ value, ends }: Measured): string {
  if (value === null) return '–';
  const show = (share: number) => (100 * share).toFixed(1);
  return ends === null ? `${show(value)} %` : `${show(value)} % (${show(ends[0])}–${show(ends[1])} %)`;
}

/** How far apart mean maps lie, of a net by its path, and whether chance alone sets them as far apart. */
export function formatDistance(numbers: Numbers, path: string, confidence: number): string {
  const p = numberAt(numbers, `${path}distanceP`).value;
  const isChance = p !== null && p >= 1 - confidence;
  return `${formatSharing(numberAt(numbers, `${path}distance`))}${isChance ? ' (not told from chance)' : ''}`;
}

/** A difference of shares, such as `+3.1 % (−0.2 to +6.0 %)`. */
export function formatChange({ value, ends }: Measured): string {
  if (value === null) return '–';
  const show = (share: number) => signed(100 * share, 1);
  return ends === null ? `${show(value)} %` : `${show(value)} % (${show(ends[0])} to ${show(ends[1])} %)`;
}

/** With the sign of what is left when rounded. */
export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** Of what is told of an untrained net: another draw would tell somewhat else, which no interval holds. */
export const oneDraw = 'Untrained is one draw of random weights.';
