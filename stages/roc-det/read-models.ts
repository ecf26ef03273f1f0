import { readFileSync } from 'node:fs';
import { nameSeries, tellApart } from '../../src/learning/charts/series.ts';
import { averageGroups } from '../../src/learning/metrics/average-groups.ts';
import { parseScores, type ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { type InputArtifact, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { RocDetSettings } from './spec.ts';

/** One model's scores of the split that is judged. */
export interface Model {
  /** Tells it from the others; empty where it is the only one. */
  readonly name: string;
  /** The axis values of its scores. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of both classes; a row for each group where groups are judged. */
  readonly rows: readonly ScoreRow[];
  /** Of the split that its temperature is fitted on; empty where the scores have none. */
  readonly calibration: readonly ScoreRow[];
}

/** The models, and what they have in common: the axis values that all of them have. */
export interface Models {
  readonly models: readonly Model[];
  readonly shared: Readonly<Record<string, string>>;
}

type ReadOptions = Pick<RocDetSettings, 'split' | 'calibrateOn' | 'by' | 'names'>;

/** Reads the scores of every model. Throws a {@link StageError} that names the one that cannot be judged. */
export function readModels(given: readonly InputArtifact[], options: ReadOptions): Models {
  const inputs = renamed(given, options.names);
  const { names, shared } = nameSeries(inputs.map(({ labels }) => labels));
  const apart = tellApart(names, 'scores');
  const models = inputs.map((input, i) => readModel(input, apart[i]!, options));
  return { models, shared };
}

/** Labels with the user's names in place of their values. */
function renamed(inputs: readonly InputArtifact[], names: ReadOptions['names'] = {}): readonly InputArtifact[] {
  const known = new Set(inputs.flatMap(({ labels }) => Object.values(labels)));
  const stray = Object.keys(names).find((name) => !known.has(name));
  if (stray !== undefined) {
    throw new StageError(
      `Expected a stage or an axis value of the scores in "names", got "${stray}". ${thereAre(stray, known)}`,
    );
  }
  return inputs.map(({ labels, ...input }) => ({
    ...input,
    labels: Object.fromEntries(Object.entries(labels).map(([axis, value]) => [axis, names[value] ?? value])),
  }));
}

function readModel({ path, labels }: InputArtifact, name: string, { split, calibrateOn, by }: ReadOptions): Model {
  const of = name && ` of ${name}`;
  const scores = parseScores(readFileSync(path, 'utf8'));
  if (!scores.ok) throw new StageError(`input "scores"${of}, ${path}: ${scores.error}`);
  const rowsOf = (wanted: string) => {
    const rows = scores.value.filter((row) => row.split === wanted);
    return by === 'group' ? averageGroups(rows) : rows;
  };
  const rows = rowsOf(split);
  if (rows.length === 0) {
    const there = thereAre(split, new Set(scores.value.map((row) => row.split)));
    throw new StageError(`Expected images of the split "${split}" in the scores${of}, got none. ${there}`);
  }
  const fake = rows.filter(({ label }) => label === 1).length;
  if (fake === 0 || fake === rows.length) {
    throw new StageError(
      `expected real and fake images in the split "${split}"${of}, got ${rows.length - fake} real and ${fake} fake: ` +
        'with one class there is nothing to rank',
    );
  }
  if (by === 'group' && rows.every(({ group }) => group === undefined)) {
    throw new StageError(
      `expected a column "group" in the scores${of}, by which images are averaged (by: group), got none: ` +
        'give the data set groups, or judge by: image',
    );
  }
  return { name, labels, rows, calibration: calibrateOn === split ? [] : rowsOf(calibrateOn) };
}
