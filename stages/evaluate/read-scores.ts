import { haveDefaultNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { readScoreTable } from '../../src/learning/metrics/scores/read-split-scores.ts';
import type {
  ScoreRow,
  ScoreTable,
  UnscoredVideo,
} from '../../src/learning/metrics/scores/scores-file.ts';
import { openClasses, type Target } from '../../src/learning/training/open-labelled-data.ts';
import type { MissingVideo, Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { EvaluateSettings } from './spec.ts';

/** What a row of scores records of an image of a dataset, or of its features. */
export type Scorable = Pick<Sample, 'key' | 'class' | 'source' | 'group' | 'video' | 'slices'>;

/** The columns of a row of scores that describe its image besides the label. */
export const factsOf = (
  { class: of, source, group, video, slices }: Scorable,
  target: Target = 'class',
) => ({
  ...(target === 'source' && { class: of }),
  source,
  group,
  video,
  slices,
});

/** The connected scores, joined where there are several, for the splits of the settings. */
export function readScores(context: StageContext<EvaluateSettings>): ScoreTable {
  const options = { ...context.settings, needsLabels: context.inputs('dataset').length === 0 };
  const files = context.inputs('scores').map(({ path, labels }) => {
    return { labels, table: readScoreTable(path, 'Input "scores"', options) };
  });
  const joined = joinTables(files);
  const splits = new Set(joined.rows.map(({ split }) => split));
  const rows = context.settings.splits.flatMap((split) => {
    if (splits.has(split)) return joined.rows.filter((row) => row.split === split);
    throw new StageError(
      `Expected one of the splits of the scores, got "${split}". ${thereAre(split, splits)} Write splits: [${[...splits].join(', ')}] under "with".`,
    );
  });
  const isJudged = ({ split }: { readonly split: string }) =>
    context.settings.splits.includes(split);
  const unscored = joined.unscored?.filter(isJudged);
  const table = { ...joined, rows, unscored };
  return context.inputs('dataset').length === 0 ? table : complete(table, context);
}

/**
 * A connected file of scores, with the axis values or the stage that distinguish it from the
 * others.
 */
interface ScoresFile {
  readonly table: ScoreTable;
  readonly labels: Readonly<Record<string, string>>;
}

/** Puts tables together, such as those of the folds of a cross-validation. */
function joinTables(files: readonly ScoresFile[]): ScoreTable {
  const { table: first } = files[0]!;
  if (files.length === 1) return first;
  const names = [...new Set(files.flatMap(({ table }) => table.names))];
  const seen = new Set<string>();
  const rows = files.flatMap(({ table, labels }, scoredBy) => {
    if (table.classes.join() !== first.classes.join()) {
      const expected = first.classes.join(', ');
      const actual = table.classes.join(', ');
      throw new StageError(`Expected scores of the same classes, got ${expected} and ${actual}.`);
    }
    return table.rows.map((row) => {
      const id = JSON.stringify([row.split, row.key]);
      if (seen.has(id)) {
        throw new StageError(
          `Expected every image in one of the scores, got "${row.key}" of ${row.split} in two. Several scores are put together, as those of the folds of a cross-validation. ${evaluateApart(labels)}`,
        );
      }
      seen.add(id);
      return { ...row, scoredBy, label: names.indexOf(table.names[row.label]!) };
    });
  });
  const unscored = files.flatMap(({ table }) =>
    (table.unscored ?? []).map((video) => {
      return { ...video, label: names.indexOf(table.names[video.label]!) };
    }),
  );
  return { ...first, names, rows, unscored };
}

/** How each of several scores gets an evaluation of its own. */
function evaluateApart(labels: ScoresFile['labels']): string {
  const isOfMatrix = Object.keys(labels).some((name) => name !== 'stage' && name !== 'path');
  return isOfMatrix
    ? 'To evaluate each by itself, leave the brackets out, as in scores: fit.scores.'
    : 'To evaluate each by itself, give each a stage of its own.';
}

/** Adds to the rows what the data set knows of their images, and labels where they have none. */
function complete(table: ScoreTable, context: StageContext<EvaluateSettings>): ScoreTable {
  using dataset = openClasses(context.input('dataset').path, context.settings.splits);
  const samples = new Map(
    context.settings.splits.map((split) => [
      split,
      new Map(dataset.split(split).samples.map((sample) => [sample.key, sample])),
    ]),
  );
  const names = [...table.names];
  const rows = table.rows.map((row): ScoreRow => {
    const sample = samples.get(row.split)!.get(row.key);
    if (sample === undefined) {
      const [first] = dataset.split(row.split).samples;
      throw new StageError(
        `Expected the key of an image of ${row.split} in the scores, such as ${first!.key}, got ${row.key}.`,
      );
    }
    const label = table.names[row.label] ?? sample.class;
    const target = label === sample.source && label !== sample.class ? 'source' : 'class';
    if (sample[target] !== label && !isNumbered(table, dataset.classes, row, sample)) {
      throw new StageError(
        `Expected the class ${sample.class} for ${row.key} of ${row.split}, got ${label} in the scores.`,
      );
    }
    const slices = { ...sample.slices, ...row.slices };
    return {
      ...factsOf(sample, target),
      ...row,
      label: names.includes(label) ? names.indexOf(label) : names.push(label) - 1,
      ...(Object.keys(slices).length > 0 && { slices }),
    };
  });
  const unscored =
    table.unscored ??
    unscoredOf(
      context.settings.splits,
      (split) => dataset.split(split).missing(),
      ({ class: name }) => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1),
    );
  return { ...table, names, rows, unscored };
}

/** The videos of the splits that have no image. */
export const unscoredOf = (
  splits: readonly string[],
  missingOf: (split: string) => readonly MissingVideo[],
  labelOf: (video: MissingVideo) => number,
): readonly UnscoredVideo[] =>
  splits.flatMap((split) =>
    missingOf(split).map((missing) => {
      const { video, source, group } = missing;
      return { split, video, label: labelOf(missing), source, group };
    }),
  );

/**
 * Whether scores of the classes by default belong to a data set whose two classes have other names,
 * matched by their order.
 */
const isNumbered = (
  { names }: ScoreTable,
  classes: readonly string[],
  row: ScoreRow,
  sample: { label: number },
) =>
  haveDefaultNames(names) &&
  classes.length === 2 &&
  !classes.some((name) => names.includes(name)) &&
  row.label === sample.label;
