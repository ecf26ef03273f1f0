import { writeFileSync } from 'node:fs';
import { formatFew } from '../../src/format-numbers.ts';
import { averageGroups } from '../../src/learning/metrics/average-groups.ts';
import { suspectsIn } from '../../src/learning/metrics/label-errors.ts';
import { readScoreTable } from '../../src/learning/metrics/read-split-scores.ts';
import { formatScores, type ScoreRow, type ScoreTable } from '../../src/learning/metrics/scores-file.ts';
import { openClasses } from '../../src/learning/training/open-classes.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { type Evaluation, evaluate, metricsOf } from './evaluation.ts';
import { factsOf } from './facts.ts';
import { formatSuspects, suspectsTable } from './label-errors.ts';
import { drawMistakes } from './mistakes.ts';
import type { EvaluateSettings } from './spec.ts';
import { evaluationTables, sidesOf } from './tables.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { settings } = context;
  const { table: images, chosenEpoch, positive } = await scoresOf(context);
  const table = settings.by === 'group' ? groupsOf(images) : images;
  const options = { positive, ...settings, chosenEpoch, threads: context.cpus };
  const evaluation = await evaluate(table, options);

  writeFileSync(context.output('scores'), formatScores(table));
  writeFileSync(context.output('metrics'), `${JSON.stringify(metricsOf(evaluation, settings.by), null, 2)}\n`);
  if (settings.mistakes) await drawMistakes(context, images);
  if (settings.labelErrors) {
    const suspects = suspectsIn(table);
    writeFileSync(context.output('labelErrors'), formatSuspects(suspects));
    if (suspects.length > 0) context.highlight(suspectsTable(suspects));
  }
  reportGaps(context, evaluation, table);
  for (const shown of evaluationTables(evaluation, settings)) context.highlight(shown);
}

/** Throws a {@link StageError} for a split without groups, whose images would be judged in their place. */
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

async function scoresOf(
  context: StageContext<EvaluateSettings>,
): Promise<{ table: ScoreTable; chosenEpoch: number; positive?: readonly string[] | undefined }> {
  if (context.inputs('scores').length > 0) return { table: readScores(context), chosenEpoch: 0 };
  const { scoreImages } = await import('./score-images.ts'); // loads tfjs, which takes a second
  return scoreImages(context);
}

/** Groups, or images, of a slice below which its numbers say little. */
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
      context.warn(`${split} has no images of ${formatFew(absent, 10)}, which is left out of means over classes.`);
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
      context.warn(`${split}: fewer than ${fewInSlice} images are too few to judge ${name} ${formatFew(few, 5)}.`);
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

/** The connected scores, joined where there are several, for the splits of the settings. */
function readScores(context: StageContext<EvaluateSettings>): ScoreTable {
  const options = { ...context.settings, needsLabels: context.inputs('dataset').length === 0 };
  const tables = context.inputs('scores').map(({ path }) => readScoreTable(path, 'Input "scores"', options));
  const joined = joinTables(tables);
  const splits = new Set(joined.rows.map(({ split }) => split));
  const rows = context.settings.splits.flatMap((split) => {
    if (splits.has(split)) return joined.rows.filter((row) => row.split === split);
    throw new StageError(
      `Expected one of the splits of the scores, got "${split}". ${thereAre(split, splits)} Write splits: [${[...splits].join(', ')}] under "with".`,
    );
  });
  const table = { ...joined, rows };
  return context.inputs('dataset').length === 0 ? table : completed(table, context);
}

/** Puts tables together, such as those of the folds of a cross-validation. */
function joinTables(tables: readonly ScoreTable[]): ScoreTable {
  const [first, ...others] = tables as readonly [ScoreTable, ...ScoreTable[]];
  if (others.length === 0) return first;
  const names = [...new Set(tables.flatMap((table) => table.names))];
  const seen = new Set<string>();
  const rows = tables.flatMap((table) => {
    if (table.classes.join() !== first.classes.join()) {
      const [one, other] = [first.classes.join(', '), table.classes.join(', ')];
      throw new StageError(`Expected scores of the same classes, got ${one} and ${other}.`);
    }
    return table.rows.map((row) => {
      const id = JSON.stringify([row.split, row.key]);
      if (seen.has(id)) {
        throw new StageError(`Expected every image in one of the scores, got "${row.key}" of ${row.split} in two.`);
      }
      seen.add(id);
      return { ...row, label: names.indexOf(table.names[row.label]!) };
    });
  });
  return { ...first, names, rows };
}

/** The rows, completed with what the data set knows of their images, labels too where they have none. */
function completed(table: ScoreTable, context: StageContext<EvaluateSettings>): ScoreTable {
  using dataset = openClasses(context.input('dataset').path, context.settings.splits);
  const samples = new Map(
    context.settings.splits.flatMap((split) =>
      dataset.split(split).samples.map((sample) => [JSON.stringify([split, sample.key]), sample] as const),
    ),
  );
  const names = [...table.names];
  const rows = table.rows.map((row): ScoreRow => {
    const sample = samples.get(JSON.stringify([row.split, row.key]));
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
  return { ...table, names, rows };
}

/** Whether scores of real and fake are of a data set with two classes of other names, by their numbers. */
const isNumbered = ({ names }: ScoreTable, classes: readonly string[], row: ScoreRow, sample: { label: number }) =>
  names.join() === 'real,fake' &&
  classes.length === 2 &&
  !classes.some((name) => names.includes(name)) &&
  row.label === sample.label;
