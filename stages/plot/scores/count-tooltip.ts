import {
  inRow,
  numberText,
  shareText,
  type TooltipRow,
} from '../../../src/learning/charts/tooltips.ts';

/** What a cell of a confusion matrix says: its images, and their share of those with the label. */
export const countTooltip: readonly TooltipRow[] = [
  { title: 'Images', text: numberText(inRow('images')) },
  { title: 'Share of the row', text: shareText(inRow('value')) },
];
