import { readFileSync, writeFileSync } from 'node:fs';
import { averageGroups } from '../../src/learning/metrics/average-groups.ts';
import { formatScores, parseScores, type ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { type Evaluation, evaluate, metricsOf } from './evaluation.ts';
import { drawMistakes } from './mistakes.ts';
import type { EvaluateSettings } from './spec.ts';
import { evaluationTables } from './tables.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { settings } = context;
  const { rows: images, chosenEpoch } = await scoresOf(context);
  const rows = settings.by === 'group' ? groupsOf(images) : images;
  const evaluation = await evaluate(rows, { ...settings, chosenEpoch, threads: context.cpus });

  writeFileSync(context.output('scores'), formatScores(rows));
  writeFileSync(context.output('metrics'), `${JSON.stringify(metricsOf(evaluation, settings.by), null, 2)}\n`);
  if (settings.mistakes) await drawMistakes(context, images);
  reportGaps(context, evaluation);
  for (const table of evaluationTables(evaluation, settings.by)) context.highlight(table);
}

/** Throws a {@link StageError} for a split without groups, whose images would be judged in their place. */
function groupsOf(images: readonly ScoreRow[]): readonly ScoreRow[] {
  const splits = new Set(images.map(({ split }) => split));
  for (const { split, group } of images) if (group !== undefined) splits.delete(split);
  const [without] = splits;
  if (without === undefined) return averageGroups(images);
  throw new StageError(
    `Expected groups of the images of ${without}, by which scores are averaged (by: group), got none. ` +
      'Give the data set groups, or judge by: image.',
  );
}

async function scoresOf(context: StageContext<EvaluateSettings>) {
  if (context.inputs('scores').length > 0) return { rows: readScores(context), chosenEpoch: 0 };
  const { scoreImages } = await import('./score-images.ts'); // loads tfjs, which takes a second
  return scoreImages(context);
}

function reportGaps(context: StageContext<EvaluateSettings>, { splits, fittedOnVal }: Evaluation): void {
  for (const [split, { real, fake }] of Object.entries(splits)) {
    if (real > 0 && fake > 0) continue;
    context.warn(`${split} has only ${fake > 0 ? 'fake' : 'real'} images: without both classes there is no AUC.`);
  }
  if (fittedOnVal?.temperature === null) {
    const reason =
      splits[selectionSplit]!.accuracy === 1
        ? 'all predictions on it are right, so sharper scores always lower the loss'
        : 'its scores mostly point to the wrong class, so flatter scores always lower the loss';
    context.info(`No temperature is fitted to ${selectionSplit}: ${reason}.`);
  }
}

/** The connected scores, for the splits of the settings. */
function readScores(context: StageContext<EvaluateSettings>): readonly ScoreRow[] {
  const { path } = context.input('scores');
  const scores = parseScores(readFileSync(path, 'utf8'));
  if (!scores.ok) throw new StageError(`Input "scores", ${path}: ${scores.error}.`);
  const splits = new Set(scores.value.map(({ split }) => split));
  const rows = context.settings.splits.flatMap((split) => {
    if (splits.has(split)) return scores.value.filter((row) => row.split === split);
    throw new StageError(
      `Expected one of the splits of the scores, got "${split}". ${thereAre(split, splits)} Write splits: [${[...splits].join(', ')}] under "with".`,
    );
  });
  return context.inputs('dataset').length === 0 ? rows : completed(rows, context);
}

/** The rows, completed with the source and group of their images in the data set. */
function completed(rows: readonly ScoreRow[], context: StageContext<EvaluateSettings>): readonly ScoreRow[] {
  using dataset = openTwoClasses(context.input('dataset').path, context.settings.splits);
  const samples = new Map(
    context.settings.splits.flatMap((split) =>
      dataset.split(split).samples.map((sample) => [JSON.stringify([split, sample.key]), sample] as const),
    ),
  );
  return rows.map((row) => {
    const sample = samples.get(JSON.stringify([row.split, row.key]));
    if (sample === undefined) {
      const [first] = dataset.split(row.split).samples;
      throw new StageError(
        `Expected the key of an image of ${row.split} in the scores, such as ${first!.key}, got ${row.key}.`,
      );
    }
    if (sample.label !== row.label) {
      const [ours, theirs] = [dataset.classes[sample.label], dataset.classes[row.label]];
      throw new StageError(`Expected the class ${ours} for ${row.key} of ${row.split}, got ${theirs} in the scores.`);
    }
    const group = row.group ?? sample.group;
    return { ...row, source: row.source ?? sample.source, ...(group !== undefined && { group }) };
  });
}
