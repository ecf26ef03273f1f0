import { csvTable } from '../../src/csv.ts';
import { formatDecimal } from '../../src/format-numbers.ts';
import { classScoresOf } from '../../src/learning/metrics/classification/class-scores.ts';
import type { ScoreTable } from '../../src/learning/metrics/scores-file.ts';
import type { Highlight } from '../../src/stage.ts';

/** An image whose label may be wrong. */
type Suspect = ReturnType<typeof suspectsIn>[number];

/**
 * Images that are called another class than their label, the least likely label first: by the probability of the label minus the
 * largest other one, -1 to 0 (the normalised margin of Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in
 * dataset labels", section 3.2). It needs scores of models that did not see the images, such as those of a cross-validation.
 */
export function suspectsIn(table: ScoreTable) {
  const { classes, rows } = table;
  const known = rows.filter(({ label }) => label < classes.length);
  const { probabilities, predictions } = classScoresOf(table, known);
  const suspects = known.map(({ key, split, label }, i) => {
    const of = (c: number) => probabilities[classes.length * i + c]!;
    const called = predictions[i]!;
    return {
      ...{ key, split, label: classes[label]!, called: classes[called]! },
      ...{ probability: of(label), margin: of(label) - of(called) },
    };
  });
  return suspects.filter(({ label, called }) => label !== called).sort((a, b) => a.margin - b.margin);
}

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
