import { writeFileSync } from 'node:fs';
import { averageGroups } from '../../src/learning/metrics/average-groups.ts';
import { formatScores, type ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { drawMistakes } from './draw-mistakes.ts';
import { type Evaluation, evaluate, metricsOf } from './evaluation.ts';
import { readScores } from './read-scores.ts';
import type { Scores } from './score-images.ts';
import type { EvaluateSettings } from './spec.ts';
import { evaluationTables } from './tables.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { settings } = context;
  const { rows: images, chosenEpoch } = await scoresOf(context);
  const rows = settings.by === 'group' ? groupsOf(images) : images;
  const evaluation = evaluate(rows, { ...settings, chosenEpoch });

  writeFileSync(context.output('scores'), formatScores(rows));
  writeFileSync(context.output('metrics'), `${JSON.stringify(metricsOf(evaluation, settings.by), null, 2)}\n`);
  if (settings.mistakes) await drawMistakes(context, images);
  sayWhatIsMissing(context, evaluation);
  for (const table of evaluationTables(evaluation, settings.by)) context.highlight(table);
}

/** Throws a {@link StageError} where a split has none, since its images would be judged in their place. */
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

/** Those that are connected, or the model's. */
async function scoresOf(context: StageContext<EvaluateSettings>): Promise<Scores> {
  if (context.inputs('scores').length > 0) return { rows: readScores(context), chosenEpoch: 0 };
  const { scoreImages } = await import('./score-images.ts'); // loads tfjs, which takes a second
  return scoreImages(context);
}

function sayWhatIsMissing(context: StageContext<EvaluateSettings>, { splits, fittedOnVal }: Evaluation): void {
  for (const [split, { real, fake }] of Object.entries(splits)) {
    if (real > 0 && fake > 0) continue;
    context.warn(
      `In ${split} there are only ${fake > 0 ? 'fake' : 'real'} images, which nothing can rank: it has no AUC.`,
    );
  }
  if (fittedOnVal?.temperature === null) {
    const reason =
      splits[selectionSplit]!.accuracy === 1
        ? 'all of it is called right, so that the loss falls the surer the scores are made, without end'
        : 'on the whole its scores point to the wrong class, so that the loss falls the less sure they are made, without end';
    context.info(`No temperature is fitted to ${selectionSplit}: ${reason}.`);
  }
}
