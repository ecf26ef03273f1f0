import { renamed } from '../../src/learning/charts/own-names.ts';
import { nameSeries, tellApart } from '../../src/learning/charts/series.ts';
import { averageGroups } from '../../src/learning/metrics/average-groups.ts';
import { readSplitScores, requireBothClasses } from '../../src/learning/metrics/read-split-scores.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { type InputArtifact, StageError } from '../../src/stage.ts';
import type { RocDetSettings } from './spec.ts';

/** One model's scores of the split that is judged. */
export interface Model {
  /** Distinguishes it from the others; empty where it is the only one. */
  readonly name: string;
  /** The axis values of its scores. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of both classes; a row for each group where groups are judged. */
  readonly rows: readonly ScoreRow[];
  /** The scores of the split that its temperature is fitted on; empty where the file lacks it. */
  readonly calibration: readonly ScoreRow[];
}

type ReadOptions = Pick<RocDetSettings, 'split' | 'calibrateOn' | 'by' | 'names'>;

/**
 * Reads the scores of every model, and the axis values that all of them have. Throws a {@link StageError} that names the one
 * that cannot be judged.
 */
export function readModels(given: readonly InputArtifact[], options: ReadOptions) {
  const inputs = renamed(given, options.names, 'scores');
  const { names, shared } = nameSeries(inputs.map(({ labels }) => labels));
  const apart = tellApart(names, 'scores');
  return { models: inputs.map((input, i) => readModel(input, apart[i]!, options)), shared };
}

function readModel({ path, labels }: InputArtifact, name: string, { split, calibrateOn, by }: ReadOptions): Model {
  const what = `input "scores"${name && ` of ${name}`}`;
  const { rows, all } = readSplitScores(path, split, what);
  requireBothClasses(rows, split, what);
  if (by === 'group' && rows.every(({ group }) => group === undefined)) {
    throw new StageError(
      `${what}: expected a column "group", by which images are averaged (by: group), got none: ` +
        'give the data set groups, or judge by: image',
    );
  }
  const judged = (rows: readonly ScoreRow[]) => (by === 'group' ? averageGroups(rows) : rows);
  const calibration = calibrateOn === split ? [] : all.filter((row) => row.split === calibrateOn);
  return { name, labels, rows: judged(rows), calibration: judged(calibration) };
}
