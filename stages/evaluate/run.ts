import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatCount, formatCountOf, formatDecimal, formatFew } from '../../src/format-numbers.ts';
import { tiedMaxima } from '../../src/learning/metrics/arithmetic/logits.ts';
import { aucGain, gainCells, gainColumns } from '../../src/learning/metrics/comparison/auc-gain.ts';
import { fewGroups } from '../../src/learning/metrics/few-groups.ts';
import { findSuspects, type Suspect } from '../../src/learning/metrics/label-errors.ts';
import { unitOf, videosTable } from '../../src/learning/metrics/scores/aggregate-videos.ts';
import { averageGroups } from '../../src/learning/metrics/scores/average-groups.ts';
import { judgedTable } from '../../src/learning/metrics/scores/read-split-scores.ts';
import { formatScores, type ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type Highlight, type StageContext, StageError } from '../../src/stage.ts';
import { type Evaluation, evaluate, metricsOf } from './evaluation.ts';
import { drawMistakes } from './mistakes-chart.ts';
import { readScores } from './read-scores.ts';
import type { EvaluateSettings } from './spec.ts';
import { bothLevels, evaluationTables, sidesOf } from './tables.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { settings } = context;
  const { table: images, chosenEpoch, positive, views } = await scoresOf(context);
  const table = judged(images, positive, settings);
  const options = { positive, ...settings, chosenEpoch, threads: context.cpus };
  const evaluation = await evaluate(table, options);
  const ofImages = settings.by === 'video' ? await evaluate(images, options) : undefined;

  writeFileSync(context.output('scores'), formatScores(table));
  writeFileSync(
    context.output('metrics'),
    `${JSON.stringify(metricsOf(evaluation, settings.by, ofImages), null, 2)}\n`,
  );
  if (settings.mistakes) await drawMistakes(context, images);
  if (settings.labelErrors) {
    const suspects = findSuspects(table);
    writeFileSync(context.output('labelErrors'), csvTable(suspects, suspectColumns));
    if (suspects.length > 0) context.highlight(suspectsTable(suspects));
  }
  reportGaps(context, evaluation, table);
  reportTies(context, table);
  reportFewGroups(context, table);
  for (const table of evaluationTables(evaluation, settings)) context.highlight(table);
  if (views !== undefined) {
    const alone = judged(views.alone, positive, settings);
    reportViews(context, { table, alone, positive, count: views.count });
  }
  if (ofImages !== undefined) {
    context.highlight(bothLevels(ofImages, evaluation));
    context.highlight(videosTable(images, settings));
  }
}

/** What is judged: images, groups or videos. */
function judged(
  table: ScoreTable,
  positive: readonly string[] | undefined,
  settings: EvaluateSettings,
): ScoreTable {
  if (settings.by === 'group') return groupsOf(table);
  return judgedTable(table, settings.splits, 'Input "scores"', { ...settings, positive });
}

/**
 * Throws a {@link StageError} for a split without groups, whose images would be judged in their
 * place.
 */
function groupsOf(table: ScoreTable): ScoreTable {
  const splits = new Set(table.rows.map(({ split }) => split));
  for (const { split, group } of table.rows) if (group !== undefined) splits.delete(split);
  const [without] = splits;
  if (without === undefined) return averageGroups(table);
  throw new StageError(
    `Expected groups of the images of ${without}, by which scores are averaged (by: group), got none. ` +
      'Give the data set groups, or judge by: image.',
  );
}

/** What is evaluated. */
interface Scored {
  readonly table: ScoreTable;
  readonly chosenEpoch: number;
  readonly positive?: readonly string[] | undefined;
  /** Where the scores are means over several views: how many, and the scores of the image alone. */
  readonly views?: { readonly count: number; readonly alone: ScoreTable } | undefined;
}

async function scoresOf(context: StageContext<EvaluateSettings>): Promise<Scored> {
  if (context.inputs('scores').length > 0) return { table: readScores(context), chosenEpoch: 0 };
  const { scoreImages } = await import('./score-images.ts'); // loads tfjs, which takes a second
  return scoreImages(context);
}

/** What test-time augmentation changes, of a detector with a paired test. */
function reportViews(
  context: StageContext<EvaluateSettings>,
  {
    table,
    alone,
    positive,
    count,
  }: {
    readonly table: ScoreTable;
    readonly alone: ScoreTable;
    readonly positive: readonly string[] | undefined;
    readonly count: number;
  },
): void {
  const { splits, confidence } = context.settings;
  const rows = splits.flatMap((split) => {
    const gain = aucGain(table, alone, { split, positive, confidence });
    return gain === undefined ? [] : [[split, ...gainCells(gain)]];
  });
  const cost = `${count} views of an image take ${count} times as long to score`;
  if (rows.length === 0) {
    context.info(`${cost}. What they gain is shown for two classes, or with "positive".`);
    return;
  }
  context.info(`${cost}.`);
  context.highlight({
    title: `Test-time augmentation, ${count} views of each image`,
    columns: ['split', ...gainColumns(`${count} views`, 'one view', confidence)],
    rows,
  });
}

/** A slice of fewer images, or groups, is reported as too small to judge. */
const fewInSlice = 30;

function reportGaps(
  context: StageContext<EvaluateSettings>,
  { splits, fittedOnVal }: Evaluation,
  { classes }: ScoreTable,
): void {
  for (const [split, { slices = {}, openSet, ...numbers }] of Object.entries(splits)) {
    const counts = 'counts' in numbers ? numbers.counts : sidesOf(numbers);
    const absent = Object.keys(counts).filter((name) => counts[name] === 0);
    if (absent.length > 0 && classes.length === 2) {
      const [only] = Object.keys(counts).filter((name) => !absent.includes(name));
      context.warn(`${split} has only ${only} images: without both classes there is no AUC.`);
    } else if (absent.length > 0) {
      context.warn(
        `${split} has no images of ${formatFew(absent, 10)}, which is left out of means over classes.`,
      );
    }
    if (openSet !== undefined) {
      const labels = formatFew(openSet.labels, 10);
      context.info(
        `${split}: the model does not know ${labels}; closed-set metrics leave out ${openSet.unknown} images.`,
      );
    }
    for (const [name, values] of Object.entries(slices)) {
      const few = Object.keys(values).filter((value) => values[value]!.images < fewInSlice);
      if (few.length === 0) continue;
      context.warn(
        `${split}: fewer than ${fewInSlice} images are too few to judge ${name} ${formatFew(few, 5)}.`,
      );
    }
  }
  if (fittedOnVal?.temperature === null) {
    const reason =
      splits[selectionSplit]!.accuracy === 1
        ? 'all predictions on it are right, so sharper scores always lower the loss'
        : 'its scores mostly point to the wrong class, so flatter scores always lower the loss';
    context.info(`No temperature is fitted to ${selectionSplit}: ${reason}.`);
  }
}

/** Quantised models and one-hot scores give several classes the same highest score. */
function reportTies(context: StageContext<EvaluateSettings>, { classes, rows }: ScoreTable): void {
  const { splits, by } = context.settings;
  for (const split of splits) {
    const labelledRows = rows.filter((row) => row.split === split && row.label < classes.length);
    const tied = labelledRows.filter(
      ({ scores }) => tiedMaxima(scores, classes.length).size > 0,
    ).length;
    if (tied === 0) continue;
    context.warn(
      `${split}: the highest score of ${formatCount(tied)} of ${formatCountOf(labelledRows.length, by)} is shared by several classes. ` +
        'Each of them counts as called all of these classes, in equal parts.',
    );
  }
}

function reportFewGroups(
  context: StageContext<EvaluateSettings>,
  { names, rows }: ScoreTable,
): void {
  for (const split of context.settings.splits) {
    const splitRows = rows.filter((row) => row.split === split);
    const images = {
      labels: splitRows.map(({ label }) => label),
      groups: splitRows.map(({ group }) => group),
    };
    const few = fewGroups(images, names, split, unitOf(splitRows, context.settings.by));
    if (few !== undefined) context.warn(few);
  }
}

const suspectColumns = ['key', 'split', 'label', 'called', 'probability', 'margin'] as const;
const mostSuspects = 10;

const suspectsTable = (suspects: readonly Suspect[]): Highlight => ({
  title: 'Labels that may be wrong',
  columns: ['image', 'split', 'label', 'called', 'probability of the label', 'margin'],
  rows: suspects
    .slice(0, mostSuspects)
    .map(({ key, split, label, called, probability, margin }) => [
      key,
      split,
      label,
      called,
      formatDecimal(probability),
      formatDecimal(margin),
    ]),
});
