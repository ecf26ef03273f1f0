import { type FontWeight, textWidth } from './text-width.ts';

interface Font {
  /** In the unit of the widths. */
  readonly size: number;
  readonly weight?: FontWeight;
}

/** The share of a shortened text that is its beginning; its end distinguishes runs of one model. */
const headShare = 0.45;

/**
 * Shortens a text in the middle until it is no wider than `width`, in the unit of `size`, since names that begin alike often
 * differ only at their end: `xception-based, seed 2` becomes `xception…, seed 2`.
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
 * Properties of an axis or a legend whose labels {@link fitText} shortens to `width`. The data keeps the whole names, so that
 * two names which look alike when shortened stay two.
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
