import {
  inRow,
  numberText,
  shareText,
  type TooltipRow,
} from '../../../src/learning/charts/tooltips.ts';
import type { Unit } from '../../../src/learning/metrics/scores/video-settings.ts';

/** What charts call the number of what is judged. */
export const countTitles: Readonly<Record<Unit, string>> = {
  image: 'Images',
  group: 'Groups',
  video: 'Videos',
};

/**
 * What a cell of a confusion matrix says: its images, or what else is judged, and their share of
 * those with the label.
 */
export const countTooltip = (unit: Unit): readonly TooltipRow[] => [
  { title: countTitles[unit], text: numberText(inRow('images')) },
  { title: 'Share of the row', text: shareText(inRow('value')) },
];
