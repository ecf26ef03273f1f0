import { classScoresOf } from './classification/class-scores.ts';
import type { ScoreTable } from './scores/scores-file.ts';

/** An image whose label may be wrong. */
export type Suspect = ReturnType<typeof findSuspects>[number];

/**
 * Images for which a class is more likely than their label, the least likely label first: by the
 * probability of the label minus the largest other one, -1 to 0 (the normalised margin of
 * Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels",
 * section 3.2). It needs scores of models that did not see the images, such as those of a
 * cross-validation.
 */
export function findSuspects(table: ScoreTable) {
  const { classes, rows } = table;
  const known = rows.filter(({ label }) => label < classes.length);
  const { probabilities, predictions } = classScoresOf(table, known);
  const suspects = known.map(({ key, split, label }, i) => {
    const of = (c: number) => probabilities[classes.length * i + c]!;
    const called = predictions[i]!;
    return {
      key,
      split,
      label: classes[label]!,
      called: classes[called]!,
      probability: of(label),
      margin: of(label) - of(called),
    };
  });
  return suspects.filter(({ margin }) => margin < 0).sort((a, b) => a.margin - b.margin);
}
