import { type Font, textWidth } from './fonts.ts';

/** The share of a shortened text that is its beginning; its end distinguishes runs of one model. */
const headShare = 0.45;

/**
 * Shortens a text in the middle until it is no wider than `width`, in the unit of `size`, since
 * names that begin alike often differ only at their end: `xception-based, seed 2` becomes
 * `xception…, seed 2`.
 */
export function fitText(text: string, width: number, { size, weight = 'normal' }: Font): string {
  if (textWidth(text, size, weight) <= width) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(headShare * kept);
    const start = characters.slice(0, head).join('').trimEnd();
    const end = characters
      .slice(head - kept)
      .join('')
      .trimStart();
    const shorter = `${start}…${end}`;
    if (textWidth(shorter, size, weight) <= width) return shorter;
  }
  return '…';
}

/**
 * Properties of an axis or legend whose labels {@link fitText} shortens to `width`; the data keeps
 * the whole names.
 */
export function fittedLabels(names: readonly string[], width: number) {
  const labelLimit = Math.ceil(width) + 1;
  const shortened = names.flatMap((name) => {
    const short = fitText(name, width, { size: 12 });
    return short === name ? [] : [[name, short] as const];
  });
  if (shortened.length === 0) return { labelLimit };
  return {
    labelLimit,
    labelExpr: `${JSON.stringify(Object.fromEntries(shortened))}[datum.label] || datum.label`,
  };
}
