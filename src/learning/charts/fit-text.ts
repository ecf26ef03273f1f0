import { type FontWeight, textWidth } from './text-width.ts';

interface Font {
  /** In the unit of widths. */
  readonly size: number;
  readonly weight?: FontWeight;
}

/** Of what is kept of a text, how much is its beginning: what tells runs of one model apart stands at the end. */
const headShare = 0.45;

/**
 * A text no wider than `width`, in the unit of `size`: what does not fit is left out in the middle, since names that begin alike
 * often differ in their end alone. `fitText('xception-based, seed 2', …)` may be `xception…, seed 2`.
 */
export function fitText(text: string, width: number, { size, weight = 'normal' }: Font): string {
  if (textWidth(text, size, weight) <= width) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(headShare * kept);
    const shorter = `${characters.slice(0, head).join('').trimEnd()}…${characters
      .slice(head - kept)
      .join('')
      .trimStart()}`;
    if (textWidth(shorter, size, weight) <= width) return shorter;
  }
  return '…';
}

/**
 * Of an axis or a legend: labels no wider than `width`, shortened by {@link fitText}. The data keeps the whole names, so that two
 * which look alike when shortened stay two.
 */
export function fittedLabels(
  names: readonly string[],
  width: number,
  size = 12,
): { readonly labelLimit: number; readonly labelExpr?: string } {
  const labelLimit = Math.ceil(width) + 1;
  const shortened = names.flatMap((name) => {
    const short = fitText(name, width, { size });
    return short === name ? [] : [[name, short] as const];
  });
  if (shortened.length === 0) return { labelLimit };
  return { labelLimit, labelExpr: `${JSON.stringify(Object.fromEntries(shortened))}[datum.label] || datum.label` };
}
