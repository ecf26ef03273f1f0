/** A share as a text for titles and labels: `formatShare(0.7453)` is `74.5 %`. */
export function formatShare(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** A confidence as it is written in settings, no digit of it lost: 0.95 is `95 %`, 0.995 is `99.5 %`. */
export function formatLevel(confidence: number): string {
  return `${Number((100 * confidence).toPrecision(6))} %`;
}

/** Of numbers that stand alone, such as metrics. */
export const usualDecimals = 3;

/** How many decimals show numbers beside each other apart: two digits of what they differ by, 3 to 6. */
export function decimalsOf(values: readonly number[]): number {
  const spread = Math.max(...values) - Math.min(...values);
  const needed = spread >= 1e-6 ? 1 + Math.ceil(-Math.log10(spread)) : usualDecimals;
  return Math.min(6, Math.max(usualDecimals, needed));
}

/** A count for titles and labels: `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A count with what is counted: `1 image`, `2,700 images`. */
export function formatCountOf(count: number, one: string, several = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : several}`;
}

/** The least and the greatest of some counts, or the one that all are: `899 to 2,100 images`. */
export function formatCountRange(counts: readonly number[], one: string): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `${least === most ? '' : `${formatCount(least)} to `}${formatCountOf(most, one)}`;
}

/** `a, b and c`. */
export function formatList(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}
