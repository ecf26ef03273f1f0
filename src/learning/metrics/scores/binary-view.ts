import { defaultNames, negativeName, positiveName } from '../../../default-class-names.ts';
import { err, ok, type Result } from '../../../result.ts';
import { thereAre } from '../../../suggest.ts';
import {
  logSumOf,
  type ScoreScale,
  type SideScores,
  scaleOfScores,
  sortedSum,
} from '../arithmetic/logits.ts';
import { whichArePositive } from './class-settings.ts';
import type { Mutable, ScoreRow, ScoreTable } from './scores-file.ts';

/** An image as a detector sees it: one side is searched for, the other is not. */
export interface BinaryRow extends Omit<ScoreRow, 'label' | 'scores' | 'class'>, SideScores {
  /** 1 = positive, 0 = negative. */
  readonly label: 0 | 1;
}

/** The detector's view of a table: its classes on two sides. */
export interface BinaryScores {
  readonly rows: readonly BinaryRow[];
  /** The sides in words, the positive one second. */
  readonly names: SideNames;
}
export type SideNames = readonly [negative: string, positive: string];

/**
 * The numbers of images of both sides by their keys in files: the names by default if the sides
 * have these, else `negative` and `positive`.
 */
export const countsBySide = (
  names: SideNames,
  negative: number,
  positive: number,
): Readonly<Record<string, number>> =>
  haveDefaultNames(names)
    ? { [negativeName]: negative, [positiveName]: positive }
    : { negative, positive };

export const haveDefaultNames = (names: readonly string[]): boolean =>
  names.join() === defaultNames.join();

/**
 * The detector's view of scores. `positive` names labels, or classes of labels that are sources;
 * every other label is negative, also one that the model does not know. Without `positive`, the
 * second of two classes is positive, or the class of these sources; then a label is an error that
 * neither the model nor these two classes know. The error is one sentence.
 *
 * A side of one class has its scores unchanged. The evidence for several is the logit of their
 * union, the logarithm of the sum of the logits' exponentials, or the sum of probabilities.
 */
export function binaryView(
  table: ScoreTable,
  positive?: readonly string[],
): Result<BinaryScores, string> {
  const { classes, names, rows } = table;
  const classOf = new Map<string, string>();
  for (const { label, class: of } of rows) if (of !== undefined) classOf.set(names[label]!, of);
  if (positive === undefined && classes.length !== 2) return err(whichArePositive(classes));
  const [firstSource, secondSource] = classes.map((name) => classOf.get(name));
  const areSources = secondSource !== undefined && firstSource !== secondSource;
  const given = positive ?? [areSources ? secondSource : classes[1]!];
  const isSided = ({ label, class: of }: ScoreRow) =>
    label < classes.length ||
    (areSources && of !== undefined && [secondSource, firstSource ?? of].includes(of));
  const stray = positive === undefined ? rows.find((row) => !isSided(row)) : undefined;
  if (stray !== undefined) {
    const name = names[stray.label]!;
    return err(
      `${whichArePositive(classes)}, since "${name}" is neither of them and counts as negative unless named`,
    );
  }
  const known = new Set([...names, ...classOf.values()]);
  const wrong = given.find((name) => !known.has(name));
  if (wrong !== undefined)
    return err(`expected classes as positive, got "${wrong}". ${thereAre(wrong, known)}`);
  const isPositive = (name: string) => given.includes(name) || given.includes(classOf.get(name)!);
  const sides = classes.map(isPositive);
  if (!sides.includes(true) || !sides.includes(false)) {
    const all = sides.includes(true) ? 'all' : 'none';
    return err(
      `expected some of the classes ${classes.join(', ')} as positive and some not, got ${all} of them`,
    );
  }
  const evidence = scaleOfTable(table) === 'logits' ? logSumOf : sortedSum;
  const sideOf = (wanted: boolean) => {
    const indices = [...sides.keys()].filter((c) => sides[c] === wanted);
    const [only] = indices as [number];
    if (indices.length === 1) return (scores: readonly number[]) => scores[only]!;
    return (scores: readonly number[]) => evidence(indices.map((c) => scores[c]!));
  };
  const negativeOf = sideOf(false);
  const positiveOf = sideOf(true);
  const areOne = names.map(isPositive);
  /**
   * The class that all sources of a side have and none of the other side has, or its only label.
   */
  const nameOf = (wanted: boolean, otherwise: string) => {
    const sideClasses = classes.filter((_, c) => sides[c] === wanted);
    const [only, ...others] = new Set(sideClasses.map((name) => classOf.get(name)));
    const isWhole =
      others.length === 0 &&
      names.every((name, i) => areOne[i] === wanted || classOf.get(name) !== only);
    return (isWhole && only) || (sideClasses.length === 1 ? sideClasses[0]! : otherwise);
  };
  return ok({
    rows: rows.map(
      ({ key, split, label, scores, class: of, source, group, slices, scoredBy }): BinaryRow => {
        const isOne = areOne[label]! || (of !== undefined && given.includes(of));
        // Assigned one by one, since spreading would take most of the time of a million rows.
        const row: Mutable<BinaryRow> = {
          key,
          split,
          label: isOne ? 1 : 0,
          negative: negativeOf(scores),
          positive: positiveOf(scores),
        };
        if (source !== undefined) row.source = source;
        if (group !== undefined) row.group = group;
        if (slices !== undefined) row.slices = slices;
        if (scoredBy !== undefined) row.scoredBy = scoredBy;
        return row;
      },
    ),
    names: [nameOf(false, 'negative'), nameOf(true, 'positive')],
  });
}

/** {@link ScoreScale} of a table: what its file says, or what the scores look like. */
export const scaleOfTable = ({ scale, rows }: ScoreTable): ScoreScale =>
  scale ?? scaleOfScores(rows);
