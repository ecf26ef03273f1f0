import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { accuracyOfRows, aucOfRows } from '../../src/learning/metrics/comparison/row-statistics.ts';
import type { Statistic } from '../../src/learning/metrics/intervals/bootstrap.ts';
import {
  type RunSpread,
  spreadOverRuns,
} from '../../src/learning/metrics/intervals/spread-over-runs.ts';
import { formOf } from '../../src/learning/metrics/metric-catalogue.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import { StageError } from '../../src/stage.ts';
import { type Frame, groupRuns, leftOut } from './lines.ts';
import type { Model } from './read-models.ts';

/** The spread of AUC and accuracy over the runs of one model, and over images. */
export type ModelSpread = ReturnType<typeof spreadOver>[number];

/**
 * The spread of each model over its runs, such as seeds, and over images. Throws a
 * {@link StageError} where the runs of a model scored different images.
 */
export function spreadOver(models: readonly Model[], frame: Frame, warn: (line: string) => void) {
  const { confidence, draws, seed, unit } = frame;
  return groupRuns(models, frame).map(({ name, runs }) => {
    const matched = matchScores(runs);
    if (!matched.ok)
      throw new StageError(`Runs of one model cannot be put together: ${matched.error}`);
    const { labels, groups, models: rows, images, unmatched } = matched.value;
    if (unmatched.some((count) => count > 0)) {
      const omitted = leftOut(runs, unmatched);
      warn(
        `Runs are put together on the ${images.length} ${unit}s that all scored, without ${omitted}.`,
      );
    }
    const of = (name: 'auc' | 'accuracy', statistic: (rows: readonly BinaryRow[]) => Statistic) =>
      withinShares(
        spreadOverRuns(
          { labels, groups, draws, seed },
          rows.map(statistic),
          confidence,
          formOf(name),
        ),
      );
    return {
      name,
      auc: of('auc', (rows) => aucOfRows(labels, rows)),
      accuracy: of('accuracy', (rows) => accuracyOfRows(labels, rows)),
    };
  });
}

/** Areas and shares end at 0 and 1, which Student's t ignores. */
function withinShares(spread: RunSpread): RunSpread {
  const { low, high } = spread.overRuns;
  return {
    ...spread,
    overRuns: { ...spread.overRuns, low: Math.max(0, low), high: Math.min(1, high) },
  };
}
