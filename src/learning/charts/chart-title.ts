import { subtitleSize, titleSize } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/**
 * A chart's title and subtitle in the sizes of the theme, wrapped at `width` units so that they do
 * not widen the picture.
 */
export function chartTitle(
  text: string,
  subtitle: string,
  width: number,
): { text: string[]; subtitle: string[] } {
  return {
    text: [...wrapText(text, width, { size: titleSize, weight: 'bold', most: 4 })],
    subtitle: [...wrapText(subtitle, width, { size: subtitleSize, most: 5 })],
  };
}

/**
 * The title and subtitle of a spec as JSON, also of one that people wrote: a title is a text, lines
 * of it, or an object of both.
 */
export function readTitle(spec = '{}'): { readonly title: string; readonly subtitle: string } {
  const { title } = JSON.parse(spec) as { readonly title?: unknown };
  const isPlain = typeof title === 'string' || Array.isArray(title);
  const parts = (isPlain ? { text: title } : (title ?? {})) as {
    readonly text?: unknown;
    readonly subtitle?: unknown;
  };
  const join = (lines: unknown) =>
    [lines]
      .flat()
      .filter((line) => typeof line === 'string')
      .join(' ');
  return { title: join(parts.text) || 'Chart', subtitle: join(parts.subtitle) };
}

/**
 * A default title with the instance of the matrix, and the one number that it may hold:
 * `ROC on test, seed 2: AUC 0.768`.
 */
export function withLabels(
  title: string,
  labels: Readonly<Record<string, string>>,
  number = '',
): string {
  const named = [title, ...Object.entries(labels).map(([axis, value]) => `${axis} ${value}`)].join(
    ', ',
  );
  return number === '' ? named : `${named}: ${number}`;
}

/**
 * The title of a chart of a split, such as `ROC on test, seed 2: AUC 0.768`; `<title>: AUC 0.768`
 * if the user gave one.
 */
export function titleOf(
  what: string,
  { title, split }: { readonly title?: string | undefined; readonly split: string },
  labels: Readonly<Record<string, string>>,
  number = '',
): string {
  return title === undefined
    ? withLabels(`${what} on ${split}`, labels, number)
    : `${title}: ${number || what}`;
}
