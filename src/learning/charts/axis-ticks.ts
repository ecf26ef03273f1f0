import { formatDecimal, toDigits } from '../../format-numbers.ts';
import type { Domain } from './encoders.ts';

/**
 * Round numbers within a domain: steps of 1, 2 or 5, about `wanted` of them.
 *
 * Example: of 0.13 to 0.88 with 4 the ticks 0.2, 0.4, 0.6 and 0.8.
 */
export function linearTicks([low, high]: Domain, wanted: number): readonly number[] {
  if (high <= low) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((times) => times * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => clean((first + i) * step));
}

/** Powers of ten within a domain above 0; where there are fewer than two, also twos and fives. */
export function logarithmicTicks([low, high]: Domain): readonly number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const powers = Array.from({ length: to - from + 1 }, (_, i) => clean(10 ** (from + i)));
  const inside = (values: readonly number[]) =>
    values.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const decades = inside(powers);
  if (decades.length > 1) return decades;
  return inside(powers.flatMap((power) => [power, clean(2 * power), clean(5 * power)]));
}

const clean = (value: number): number => Number(value.toPrecision(12));

/** A format of D3 that fits the ticks of a logarithmic axis: `0.01`, or `1e-5` for small ones. */
export const logarithmicFormat = ([low, high]: Domain): string =>
  low < 1e-4 || high > 1e6 ? '~e' : '~r';

/** The numbers of an axis in few characters, with the same decimals: `0.90`, `0.95`. */
export function tickTexts(values: readonly number[]): readonly string[] {
  const texts = values.map(tickText);
  if (texts.some((text) => text.includes('e'))) return texts;
  const decimals = Math.max(...texts.map((text) => text.split('.')[1]?.length ?? 0));
  const isEven = values.every((value) => Math.abs(value) >= 10 ** -decimals / 2 || value === 0);
  const fixed = (value: number) => formatDecimal(value, decimals);
  return isEven ? values.map(fixed) : texts;
}

/** A number of an axis in few characters: `0.001`, `1e-5`, `2000`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  const isPlain = value === 0 || (size >= 1e-4 && size < 1e6);
  const text = isPlain
    ? String(Number(toDigits(value, 3)))
    : value.toExponential().replace('e+', 'e');
  return text.replace('-', text.startsWith('-') ? '−' : '-');
}
