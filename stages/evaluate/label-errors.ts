import { csvTable } from '../../src/csv.ts';
import { formatDecimal } from '../../src/format-numbers.ts';
import type { Suspect } from '../../src/learning/metrics/label-errors.ts';
import type { Highlight } from '../../src/stage.ts';

export const formatSuspects = (suspects: readonly Suspect[]): string =>
  csvTable(suspects, ['key', 'split', 'label', 'called', 'probability', 'margin']);
const mostShown = 10;

export const suspectsTable = (suspects: readonly Suspect[]): Highlight => ({
  title: 'Labels that may be wrong',
  columns: ['image', 'split', 'label', 'called', 'probability of the label', 'margin'],
  rows: suspects
    .slice(0, mostShown)
    .map(({ key, split, label, called, probability, margin }) => [
      ...[key, split, label, called, formatDecimal(probability), formatDecimal(margin)],
    ]),
});
