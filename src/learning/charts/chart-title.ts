import { subtitleSize, titleSize } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** A title fits two lines; one of the user's own, and labels of many axes, may need more. */
const mostLines = 4;

/** The title and subtitle of a chart in the theme's sizes, wrapped so that they do not widen a picture of `width` units. */
export function chartTitle(text: string, subtitle: string, width: number): { text: string[]; subtitle: string[] } {
  return {
    text: [...wrapText(text, width, { size: titleSize, weight: 'bold', most: mostLines })],
    subtitle: [...wrapText(subtitle, width, { size: subtitleSize, most: mostLines })],
  };
}

/** A default title with the instance of the matrix, and the one number that it may hold: `ROC on test, seed 2: AUC 0.768`. */
export function withLabels(title: string, labels: Readonly<Record<string, string>>, number = ''): string {
  const named = [title, ...Object.entries(labels).map(([axis, value]) => `${axis} ${value}`)].join(', ');
  return number === '' ? named : `${named}: ${number}`;
}
