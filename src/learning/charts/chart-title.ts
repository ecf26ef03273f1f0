import { subtitleSize, titleSize } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** A title with two long names of models needs so many; a finding that ends in `but…` would say the opposite. */
const mostLines = 5;

/** The title and subtitle of a chart in the theme's sizes, wrapped so that they do not widen a picture of `width` units. */
export function chartTitle(text: string, subtitle: string, width: number): { text: string[]; subtitle: string[] } {
  return {
    text: [...wrapText(text, width, { size: titleSize, weight: 'bold', most: mostLines })],
    subtitle: [...wrapText(subtitle, width, { size: subtitleSize, most: mostLines })],
  };
}

/** Says of a default title which instance of a matrix it is: `ROC on test, seed 2, net xception`. */
export function withLabels(title: string, labels: Readonly<Record<string, string>>): string {
  return [title, ...Object.entries(labels).map(([axis, value]) => `${axis} ${value}`)].join(', ');
}
