import { groupBy } from '../../src/group-by.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import type { Statistic } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { IntervalOptions } from '../../src/learning/metrics/intervals/interval.ts';
import { measure } from './with-intervals.ts';

/** An image that one of several models scored. */
interface FoldImage {
  readonly label: number;
  readonly group?: string | undefined;
  readonly scoredBy?: number | undefined;
}

/**
 * The AUC of images that several models scored, such as those of the folds of a cross-validation,
 * as the mean over the models: images of different models, whose scores may lie higher or lower as
 * a whole, are not compared. `folds` counts the models that scored more than one class. Undefined
 * where one model scored all images.
 *
 * @param areaOf The AUC of the images that one model scored, NaN where it scored one class.
 */
export function withinFolds<Row extends FoldImage>(
  rows: readonly Row[],
  areaOf: (rows: readonly Row[]) => Statistic,
  options: IntervalOptions,
) {
  const byModel = [...groupBy([...rows.keys()], (i) => rows[i]!.scoredBy).values()];
  if (byModel.length < 2) return undefined;
  const folds = byModel.map((members) => ({
    members,
    areaOf: areaOf(members.map((i) => rows[i]!)),
  }));
  const areas = (weights: Uint8Array) =>
    folds
      .map(({ members, areaOf }) => areaOf(Uint8Array.from(members, (i) => weights[i]!)))
      .filter((area) => !Number.isNaN(area));
  const images = { labels: rows.map(({ label }) => label), groups: rows.map(({ group }) => group) };
  const all = areas(new Uint8Array(rows.length).fill(1));
  return {
    folds: all.length,
    ...measure(images, (weights) => ({ auc: mean(areas(weights)) }), options),
  };
}
