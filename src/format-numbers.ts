import type { Progress } from './stage.ts';

/**
 * A count: `12,345`. Without `toLocaleString`, whose tables take longer to load than a whole idle
 * run.
 */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count with its noun: `1 image`, `2,700 images`. */
export function formatCountOf(count: number, singular: string, several = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : several}`;
}

/** The range of some counts, `899 to 2,100 images`, or the one that all share. */
export function formatCountRange(counts: readonly number[], singular: string): string {
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  return `${least === most ? '' : `${formatCount(least)} to `}${formatCountOf(most, singular)}`;
}

/**
 * The least and the greatest of some numbers, in words, since brackets hold intervals:
 * `0.812 to 0.846`, `20.9 to 26.1 %`.
 */
export function formatRange(
  values: readonly number[],
  format: (value: number) => string = formatDecimal,
): string {
  const least = format(Math.min(...values));
  const most = format(Math.max(...values));
  return least === most ? least : `${least.replace(/ %$/, '')} to ${most}`;
}

/** `a, b and c`. */
export function formatList(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** The first texts, at most `most`, and the number of the others: `a, b and 3 more`. */
export function formatFew(texts: readonly string[], most: number): string {
  const more = texts.length - most;
  return texts.slice(0, most).join(', ') + (more > 0 ? ` and ${formatCount(more)} more` : '');
}

const usualDecimals = 3;

/**
 * How many decimals tell numbers in one table apart: enough for two digits of their largest
 * difference, 3 to 6.
 */
export function decimalsOf(values: readonly number[]): number {
  const spread = Math.max(...values) - Math.min(...values);
  const needed = spread >= 1e-6 ? 1 + Math.ceil(-Math.log10(spread)) : usualDecimals;
  return Math.min(6, Math.max(usualDecimals, needed));
}

/**
 * A number as {@link Number.toFixed} writes it, but with a half away from zero, as people round:
 * 309 of 400 is 0.773. `toFixed` rounds the binary number, which is now above and now below the
 * half, by how it was computed. Every number that people read is rounded here or by
 * {@link toDigits}, so that it reads alike everywhere.
 */
export const toDecimals = (value: number, decimals: number): string =>
  (value * awayFromZero).toFixed(decimals);

/** The same with a count of significant digits, as {@link Number.toPrecision} writes them. */
export const toDigits = (value: number, digits: number): string =>
  (value * awayFromZero).toPrecision(digits);

/** A step larger than the error of a sum, and smaller than any digit that is shown. */
export const awayFromZero = 1 + 1e-14;

/**
 * A number with a fixed count of decimals and a typographic minus; a dash where it is undefined:
 * `−0.125`, `–`, `∞`.
 */
export function formatDecimal(value: number, decimals = usualDecimals): string {
  return Number.isNaN(value)
    ? '–'
    : toDecimals(value, decimals).replace('-', '−').replace('Infinity', '∞');
}

/** The same with its sign: `+0.021`, `−0.125`. */
export function formatSigned(value: number, decimals = usualDecimals): string {
  return (value >= 0 ? '+' : '') + formatDecimal(value, decimals);
}

/**
 * A metric: whole numbers as they are, others with `decimals`; small ones with two significant
 * digits.
 */
export function formatMetric(value: number, decimals = usualDecimals): string {
  if (Number.isInteger(value)) return withMinus(formatCount(value));
  if (Math.abs(value) >= 10 ** (1 - decimals)) return formatDecimal(value, decimals);
  return withMinus(toDigits(value, 2));
}

/** A share in per cent: `formatShare(0.7453)` is `74.5 %`. */
export function formatShare(share: number, decimals = 1): string {
  return `${formatDecimal(100 * share, decimals)} %`;
}

/**
 * A level of confidence as settings write it, without losing a digit: 0.95 is `95 %`, 0.995 is
 * `99.5 %`.
 */
export function formatLevel(confidence: number): string {
  return `${Number(toDigits(100 * confidence, 6))} %`;
}

/** A p-value: `0.034`, `< 0.001`; a dash where there is none. */
export function formatP(p: number, decimals = usualDecimals): string {
  const least = 10 ** -decimals;
  return p < least ? `< ${toDecimals(least, decimals)}` : formatDecimal(p, decimals);
}

/**
 * The ends of an interval: `0.742–0.792`, `20.9–26.1 %`, `−0.020 to 0.040`; empty where they are
 * undefined.
 */
export function formatEnds(
  { low, high }: { readonly low: number; readonly high: number },
  format: (value: number) => string = formatDecimal,
): string {
  if (Number.isNaN(low) || Number.isNaN(high)) return '';
  const from = format(low);
  const to = format(high);
  const isSigned = [from, to].some((end) => /^[+−]/.test(end)); // a dash would hide a minus
  return isSigned ? `${from} to ${to}` : `${from.replace(/ %$/, '')}–${to}`;
}

/**
 * A number with its interval: `0.768 (0.742–0.792)`; without the brackets where the interval is
 * undefined.
 */
export function formatEstimate(
  interval: { readonly estimate: number; readonly low: number; readonly high: number },
  format: (value: number) => string = formatDecimal,
): string {
  const ends = formatEnds(interval, format);
  return format(interval.estimate) + (ends && ` (${ends})`);
}

/**
 * A text whose hyphens before digits become minus signs: `-0.3 (-0.4–0.1)` is `−0.3 (−0.4–0.1)`.
 * Names and dates stay.
 */
export function withMinus(text: string): string {
  return /^[-+−(]?\d/.test(text) ? text.replaceAll(/(^|[\s(–])-(?=\d)/g, '$1−') : text;
}

/** A duration: `0.06 s`, `3.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.995) return `${toDecimals(seconds, 2)} s`;
  if (seconds < 9.95) return `${toDecimals(seconds, 1)} s`;
  return formatWholeSeconds(seconds);
}

/** The same for a running clock: `0 s`, `3 s`, `42 s`, `3 min 20 s`. */
export function formatWholeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Units per second: `310 images/s`, `12.5 steps/s`, `0.31 steps/s`. */
export function formatRate(rate: number, unit: string): string {
  const decimals = rate >= 10 ? 1 : 2;
  const digits = rate >= 100 ? formatCount(Math.round(rate)) : toDecimals(rate, decimals);
  return `${digits} ${unit}/s`;
}

/** The share of the work that is done, 0 to 1, even if a stage reports nonsense. */
export function shareDone({ done, total }: Progress): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

/** Progress in five columns, rounded down, so that 100 means the end: ` 52 %`. */
export function formatPercent(share: number): string {
  return `${Math.floor(100 * share)} %`.padStart(5);
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes: `512 B`, `64.5 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const decimals = value < 100 ? 1 : 0;
  const digits = power === 0 ? value : toDecimals(value, decimals);
  return `${digits} ${units[power]}`;
}

/**
 * Whether a cell is a number, also as text: `0.7500`, `12,000`, `93.1 %`, `0.70 ± 0.02`,
 * `0.81 (0.78–0.84)`, a lone dash, an empty cell.
 */
export function isNumeric(cell: string): boolean {
  return /^([-+−–]?(\d[\d.,e+-]*( ?(%|s))?( ?(±.*|\([^()]*\)))?)?|NaN|∞)$/.test(cell);
}
