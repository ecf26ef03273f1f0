import type { ScoreTable } from '../scores/scores-file.ts';

/** How right a classifier is on one image. */
export interface ClassAnswer {
  /** Identifies the image in its split. */
  readonly key: string;
  readonly split: string;
  /** The name of its class. */
  readonly label: string;
  readonly group?: string | undefined;
  /** From 0 to 1; see {@link shareRight}. */
  readonly right: number;
}

/**
 * How right a classifier is on every image of a class that it knows. Images of other classes are
 * left out, as from its accuracy: no decision for them could be right.
 */
export function classAnswers({ classes, names, rows }: ScoreTable): readonly ClassAnswer[] {
  return rows
    .filter(({ label }) => label >= 0 && label < classes.length)
    .map(({ key, split, label, group, scores }) => ({
      key,
      split,
      label: names[label]!,
      group,
      right: shareRight(scores, label),
    }));
}

/**
 * How right the decision for the highest score is: 1 or 0, or 1 / n where n classes have the
 * highest score and the image's own is one of them, as drawing among them is on average.
 *
 * Example: scores 2, 5, 5 of an image of the last class give 1 / 2.
 */
export function shareRight(scores: readonly number[], label: number): number {
  const highest = Math.max(...scores);
  if (scores[label] !== highest) return 0;
  return 1 / scores.filter((score) => score === highest).length;
}
