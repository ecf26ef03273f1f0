import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { accuracyOfRows, aucOfRows } from '../../src/learning/metrics/comparison/row-statistics.ts';
import type { Statistic } from '../../src/learning/metrics/intervals/bootstrap.ts';
import { type RunSpread, spreadOverRuns } from '../../src/learning/metrics/intervals/spread-over-runs.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { StageError } from '../../src/stage.ts';
import { groupRuns, leftOut } from './lines.ts';
import type { MeasureOptions } from './measure.ts';
import type { Model, Models } from './read-models.ts';

/** What is one model but for the axes that `over` names, such as its seeds: how much another run would differ. */
export interface ModelSpread {
  /** By the other axes; empty where there are none. */
  readonly name: string;
  readonly auc: RunSpread;
  /** Share of images whose higher score is that of their class. */
  readonly accuracy: RunSpread;
}

/** The models' runs put together. Throws a {@link StageError} for runs of which each scored other images. */
export function spreadOver(
  { models, shared }: Models,
  over: readonly string[],
  options: MeasureOptions,
  warn: (line: string) => void,
): readonly ModelSpread[] {
  return groupRuns(models, ({ labels }) => labels, over, shared).map(({ name, runs }) => ({
    name,
    ...spreadOf(runs, options, warn),
  }));
}

function spreadOf(
  runs: readonly Model[],
  { confidence, draws, seed }: MeasureOptions,
  warn: (line: string) => void,
): Omit<ModelSpread, 'name'> {
  const matched = matchScores(runs);
  if (!matched.ok) throw new StageError(`Runs of one model cannot be put together: ${matched.error}`);
  const { labels, groups, models, images, unmatched } = matched.value;
  if (unmatched.some((count) => count > 0)) {
    warn(`Runs are put together on the ${images.length} images that all scored, without ${leftOut(runs, unmatched)}.`);
  }
  const of = (statistic: (rows: readonly ScoreRow[]) => Statistic) =>
    withinShares(spreadOverRuns({ labels, groups, draws, seed }, models.map(statistic), confidence));
  return {
    auc: of((rows) => aucOfRows(labels, rows)),
    accuracy: of((rows) => accuracyOfRows(labels, rows)),
  };
}

/** Areas and shares end at 0 and 1, which Student's t knows nothing of. */
function withinShares(spread: RunSpread): RunSpread {
  const { low, high } = spread.overRuns;
  return { ...spread, overRuns: { ...spread.overRuns, low: Math.max(0, low), high: Math.min(1, high) } };
}
