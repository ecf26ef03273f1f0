import { readFileSync } from 'node:fs';
import type { Digest } from '../../digest.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { StageResult, StoredArtifact } from '../../engine/store/stage-result.ts';
import { predictedClasses, softmax } from '../../learning/metrics/arithmetic/logits.ts';
import { scaleOfTable } from '../../learning/metrics/scores/binary-view.ts';
import { parseScores, type ScoreTable } from '../../learning/metrics/scores/scores-file.ts';
import type { Sample } from '../../learning/vision/dataset/dataset.ts';
import { EventReader } from '../event-file.ts';
import type { Cell, Column } from './filter-query.ts';
import type { ImageFiles, ImageStore } from './gallery-images.ts';
import { type Results, resultDigest } from './run-results.ts';
import { whyGone } from './stored-objects.ts';
import { suspectLabels } from './suspect-labels.ts';

/** The images of a data set or of scores as a table; row by row in the order of its file. */
export interface ImageTable {
  readonly columns: readonly Column[];
  /** Columns of few values, which a reader picks from. */
  readonly facets: readonly string[];
  /** The digest of the data set that has the images; absent where the run has none of them. */
  readonly dataset?: Digest;
  /** The index of each image in its split of the data set, −1 where it is not there. */
  readonly indexes: readonly number[];
  /**
   * The classes of the labels and of the model, in its order, and what the column `score` is;
   * absent without scores.
   */
  readonly scored?: { readonly classes: readonly string[]; readonly score: string };
  /** The files of each image, in a folder that no server sends. */
  readonly files?: readonly ImageFiles[];
}

/** More values than this are not offered as a choice. */
const mostChoices = 40;

/** The results of a run by stage; during the run, those that exist so far. */
export function resultsOf(run: RunFolder, results: Results): ReadonlyMap<string, StageResult> {
  const record = run.readRecord();
  const { pipeline, stages } = new EventReader(run.events).model;
  const digests =
    record === undefined
      ? stages.map(
          (stage) => [stage.name, resultDigest(results.store, run, stage, { pipeline })] as const,
        )
      : Object.entries(record.stages).map(([name, { result }]) => [name, result] as const);
  return new Map(
    digests.flatMap(([name, digest]) => {
      const result = results.read(digest);
      return result === undefined ? [] : [[name, result] as const];
    }),
  );
}

/** The first output of a type, if the stage has one. */
export const outputOf = (
  result: StageResult | undefined,
  type: StoredArtifact['type'],
): StoredArtifact | undefined =>
  Object.values(result?.outputs ?? {}).find((artifact) => artifact.type === type);

/** The name by which people tag an image: as lists name it. */
export const nameOfImage = (path: Cell, key: Cell): string => String(path ?? key ?? '');

/** The table with the tags that people put on its images. */
export function withImageTags(
  table: ImageTable,
  tags: ReadonlyMap<string, readonly string[]>,
): ImageTable {
  const valuesOf = (name: string) => table.columns.find((column) => column.name === name)?.values;
  const keys = valuesOf('key') ?? [];
  const paths = valuesOf('path') ?? [];
  const values = keys.map((key, row) => tags.get(nameOfImage(paths[row] ?? null, key)) ?? null);
  return { ...table, columns: [...table.columns, { name: 'tags', values }] };
}

type StageOfRun = { readonly run: RunFolder; readonly stage: string };

/**
 * The images that a stage scored, or those of its data set, with the scores of `other`; or a
 * sentence on why there are none.
 */
export function imageTable(
  images: ImageStore,
  results: Results,
  of: StageOfRun & { readonly other?: StageOfRun | undefined },
): ImageTable | string {
  const runResults = resultsOf(of.run, results);
  const result = runResults.get(of.stage);
  const scores = readScores(results, result);
  const dataset = outputOf(result, 'dataset');
  if (typeof scores === 'string' && dataset === undefined) return scores;
  if (typeof scores === 'string') return datasetTable(images, dataset!);
  const second =
    of.other && readScores(results, resultsOf(of.other.run, results).get(of.other.stage));
  if (typeof second === 'string') return second;
  return scoresTable(images, scores, second, datasetWith(images, runResults, scores));
}

function readScores({ store }: Results, result: StageResult | undefined): ScoreTable | string {
  const artifact = outputOf(result, 'scores');
  if (artifact === undefined)
    return 'This stage has no scores and no data set, or `restage gc` removed them.';
  try {
    const parsed = parseScores(readFileSync(store.objectPath(artifact.files[0]!.digest), 'utf8'), {
      needsLabels: false,
    });
    return parsed.ok ? parsed.value : parsed.error;
  } catch {
    return `These scores are not here: ${whyGone}.`;
  }
}

/** The data set of the run that has the images of a table, as far as they may be shown. */
function datasetWith(
  images: ImageStore,
  runResults: ReadonlyMap<string, StageResult>,
  { rows }: ScoreTable,
) {
  const firstOfSplits = [...new Map(rows.toReversed().map((row) => [row.split, row])).values()];
  const sets = [...runResults.values()].flatMap(({ outputs }) =>
    Object.values(outputs).filter(({ type }) => type === 'dataset'),
  );
  return sets.find((artifact) =>
    firstOfSplits.some(({ split, key }) => images.indexesIn(artifact, split)?.has(key)),
  );
}

function datasetTable(images: ImageStore, artifact: StoredArtifact): ImageTable | string {
  const opened = images.open(artifact);
  if (opened === undefined) return `This data set is not here: ${whyGone}.`;
  const rows = images
    .splitsOf(artifact)
    .flatMap((split) =>
      opened.split(split).samples.map((sample, index) => ({ split, sample, index })),
    );
  const of = (name: string, value: (sample: Sample) => string | undefined): Column => ({
    name,
    values: rows.map(({ sample }) => value(sample) ?? null),
  });
  const columns = [
    of('key', ({ key }) => key),
    { name: 'split', values: rows.map(({ split }) => split) },
    of('class', (sample) => sample.class),
    of('source', ({ source }) => source),
    of('path', ({ path }) => path),
    of('group', ({ group }) => group),
    ...slicesOf(rows.map(({ sample }) => sample.slices)),
  ];
  return {
    columns,
    facets: facetsOf(columns),
    dataset: artifact.digest,
    indexes: rows.map(({ index }) => index),
  };
}

function scoresTable(
  images: ImageStore,
  table: ScoreTable,
  second: ScoreTable | undefined,
  dataset: StoredArtifact | undefined,
): ImageTable {
  const { rows, names } = table;
  const model = modelColumns(table, '');
  const others = second === undefined ? [] : aligned(modelColumns(second, '2'), table, second);
  const indexes = rows.map(
    ({ split, key }) => (dataset && images.indexesIn(dataset, split)?.get(key)) ?? -1,
  );
  const samples = rows.map(
    ({ split }, i) => dataset && images.open(dataset)?.split(split).samples[indexes[i]!],
  );
  const columns = [
    { name: 'key', values: rows.map(({ key }) => key) },
    { name: 'split', values: rows.map(({ split }) => split) },
    { name: 'path', values: samples.map((sample) => sample?.path ?? null) },
    { name: 'class', values: rows.map(({ label }) => names[label] ?? null) },
    { name: 'source', values: rows.map(({ source }, i) => source ?? samples[i]?.source ?? null) },
    ...model,
    ...others,
    ...differencesOf([...model, ...others]),
    { name: 'suspect', values: suspectLabels(table, sharesOf(table)) },
    { name: 'group', values: rows.map(({ group }, i) => group ?? samples[i]?.group ?? null) },
    ...slicesOf(rows.map(({ slices }, i) => slices ?? samples[i]?.slices)),
  ];
  const { classes } = table;
  const score = `Probability of ${classes.length === 2 ? classes[1]! : 'the predicted class'}`;
  const scored = { classes: [...new Set([...names, ...classes])], score };
  return {
    columns,
    facets: facetsOf(columns),
    indexes,
    scored,
    ...(dataset && { dataset: dataset.digest }),
  };
}

/**
 * The class that a model predicts for each image, whether it is right, and the probability of the
 * second of two classes, otherwise of the predicted one.
 */
function modelColumns(table: ScoreTable, suffix: string): readonly Column[] {
  const { rows, classes, names } = table;
  const shares = sharesOf(table);
  const called = rows.map(({ scores }) => predictedClasses(scores, classes.length)[0]!);
  const score = shares.map((share, i) =>
    Number(share[classes.length === 2 ? 1 : called[i]!]!.toPrecision(5)),
  );
  return [
    { name: `predicted${suffix}`, values: called.map((c) => classes[c]!) },
    {
      name: `right${suffix}`,
      values: rows.map(({ label }, i) => {
        if (label < 0) return null;
        return names[label] === classes[called[i]!] ? 'yes' : 'no';
      }),
    },
    { name: `score${suffix}`, values: score },
  ];
}

/** The probability of each class, row by row. */
function sharesOf(table: ScoreTable): readonly ArrayLike<number>[] {
  const isLogits = scaleOfTable(table) === 'logits';
  return table.rows.map(({ scores }) => (isLogits ? softmax(scores) : scores));
}

/** Columns of a second table in the order of the first; an image that it lacks has none. */
function aligned(
  columns: readonly Column[],
  { rows }: ScoreTable,
  second: ScoreTable,
): readonly Column[] {
  const at = new Map(second.rows.map(({ split, key }, index) => [`${split} ${key}`, index]));
  const order = rows.map(({ split, key }) => at.get(`${split} ${key}`) ?? -1);
  return columns.map(({ name, values }) => ({
    name,
    values: order.map((index) => values[index] ?? null),
  }));
}

/**
 * How far the scores of two models lie apart, and whether they predict different classes; none
 * without a second one.
 */
function differencesOf(columns: readonly Column[]): readonly Column[] {
  const valuesOf = (name: string) => columns.find((column) => column.name === name)?.values;
  const first = valuesOf('score');
  const second = valuesOf('score2');
  const secondCalled = valuesOf('predicted2');
  if (first === undefined || second === undefined || secondCalled === undefined) return [];
  const values = first.map((score, row) => {
    const other = second[row];
    if (typeof score !== 'number' || typeof other !== 'number') return null;
    return Number(Math.abs(score - other).toPrecision(5));
  });
  const disagree = valuesOf('predicted')!.map((called, row) => {
    const other = secondCalled[row] ?? null;
    return other !== null && other !== called ? 'yes' : null;
  });
  return [
    { name: 'difference', values },
    { name: 'disagree', values: disagree },
  ];
}

function slicesOf(
  slices: readonly (Readonly<Record<string, string>> | undefined)[],
): readonly Column[] {
  const names = new Set(slices.flatMap((names) => Object.keys(names ?? {})));
  return Array.from(names, (name) => ({
    name: `slice.${name}`,
    values: slices.map((imageSlices) => imageSlices?.[name] ?? null),
  }));
}

const facetsOf = (columns: readonly Column[]): readonly string[] =>
  columns.flatMap(({ name, values }) => {
    if (
      name === 'key' ||
      name === 'path' ||
      name === 'group' ||
      values.some((value) => typeof value === 'number')
    )
      return [];
    const count = new Set(values.filter((value) => value !== null)).size;
    return count > 1 && count <= mostChoices ? [name] : [];
  });
