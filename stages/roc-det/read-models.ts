import { renamed } from '../../src/learning/charts/names-setting.ts';
import { groupOver, nameSeries, seriesName, tellApart } from '../../src/learning/charts/series.ts';
import type { ScoreScale } from '../../src/learning/metrics/arithmetic/logits.ts';
import type { BinaryRow, SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import {
  type ReadScoresOptions,
  readScoreTable,
  requireBothSides,
  rowsOfSplit,
  viewOfSplit,
} from '../../src/learning/metrics/scores/read-split-scores.ts';
import type { ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import type { Highlight, InputArtifact } from '../../src/stage.ts';

interface ModelIdentity {
  /** Distinguishes it from the others; empty where it is the only one. */
  readonly name: string;
  /** The axis values of its scores. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One model's scores of the split that is judged. */
export interface Model extends ModelIdentity {
  /** Rows of both classes; one for each group where groups are judged. */
  readonly rows: readonly BinaryRow[];
  /** The scores of the split that its temperature is fitted on; empty where the file lacks it. */
  readonly calibration: readonly BinaryRow[];
  /** What the scores are, as the file or the settings say. */
  readonly scale?: ScoreScale | undefined;
  readonly sides: SideNames;
  /** What its rows are. */
  readonly unit: Unit;
  /** The numbers of videos, where videos are judged. */
  readonly videos?: Highlight | undefined;
  /** The scores of their images. */
  readonly imageRows?: readonly BinaryRow[] | undefined;
}

/** Which scores are judged, and how they are read: settings of the stage. */
interface ReadOptions extends ReadScoresOptions {
  readonly split: string;
  readonly calibrateOn: string;
  /** The axes whose values are runs of one model. */
  readonly over: readonly string[];
  readonly names?: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads the scores of every model, and the axis values that all of them have. `byClass` is the
 * number of classes, where each class of one model, or of its runs, is a model of its own. Throws a
 * {@link StageError} that names the one that cannot be judged.
 */
export function readModels(given: readonly InputArtifact[], options: ReadOptions) {
  const inputs = renamed(given, options.names, 'scores');
  const { names, shared } = nameSeries(inputs.map(({ labels }) => labels));
  const areOneModel = groupOver(inputs, options.over).length === 1;
  const classes =
    areOneModel && options.positive === undefined ? readClasses(inputs, options) : undefined;
  if (classes !== undefined) {
    const byClass = new Set(classes.map(({ labels }) => labels['class'])).size;
    return { models: classes, shared: inputs.length === 1 ? inputs[0]!.labels : shared, byClass };
  }
  const apart = tellApart(names, 'scores');
  const models = inputs.map(({ path, labels }, i) => {
    const what = describe(apart[i]!);
    return readModel(
      { name: apart[i]!, labels },
      readScoreTable(path, what, options),
      what,
      options,
    );
  });
  return { models, shared, byClass: undefined };
}

/**
 * Every class against all others, in each run of a model; undefined for two classes, which are one
 * detector.
 */
function readClasses(
  runs: readonly InputArtifact[],
  options: ReadOptions,
): readonly Model[] | undefined {
  const read = runs.map(({ labels }) => (runs.length === 1 ? '' : seriesName(labels)));
  const models = runs.map((input, index) => readClassesOf(input, read[index]!, options));
  return models.every((classes) => classes !== undefined) ? models.flat() : undefined;
}

function readClassesOf(
  input: InputArtifact,
  run: string,
  options: ReadOptions,
): readonly Model[] | undefined {
  const what = describe(run);
  const table = readScoreTable(input.path, what, options);
  const { classes, rows } = table;
  if (classes.length === 2) return undefined;
  const present = new Set(
    rows.filter(({ split }) => split === options.split).map(({ label }) => classes[label]),
  );
  const judged = classes.filter((name) => present.has(name));
  if (judged.length === 0) rowsOfSplit(rows, options.split, what);
  return judged.map((name) =>
    readModel(
      {
        name: run === '' ? name : `${name}, ${run}`,
        labels: run === '' ? { class: name } : { ...input.labels, class: name },
      },
      table,
      what,
      { ...options, positive: [name] },
    ),
  );
}

const describe = (name: string) => `input "scores"${name && ` of ${name}`}`;

function readModel(
  identity: ModelIdentity,
  table: ScoreTable,
  what: string,
  options: ReadOptions,
): Model {
  const { split, calibrateOn } = options;
  const view = viewOfSplit(table, split, what, options);
  requireBothSides(view, split, what);
  const { rows, all, names: sides, scale, unit, videos, imageRows } = view;
  const calibration = calibrateOn === split ? [] : all.filter((row) => row.split === calibrateOn);
  return { ...identity, rows, calibration, scale, sides, unit, videos, imageRows };
}
