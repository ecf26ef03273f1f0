import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { predict } from '../../src/learning/training/predict.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { openSource, type ScoredSample } from './source.ts';
import type { EvaluateSettings } from './spec.ts';

/** What a model says of images. */
export interface Scores {
  /** Split by split, in the order of the settings. */
  readonly rows: readonly ScoreRow[];
  /** The epoch that training chose for the model; 0 where none was trained. */
  readonly chosenEpoch: number;
}

/** Runs the model of the stage on every image (or features) of the splits. */
export async function scoreImages(context: StageContext<EvaluateSettings>): Promise<Scores> {
  const { splits } = context.settings;
  await startBackend(context);
  const { model, info } = await loadModel(context.input('model').path);
  const source = openSource(context, info.input);
  const [trained, given] = [info.classes.join(', '), source.classes.join(', ')];
  if (trained !== given) context.warn(`The model was trained on the classes ${trained}; here they are ${given}.`);

  const total = splits.reduce((sum, split) => sum + source.samples(split).length, 0);
  let done = 0;
  const rows: ScoreRow[] = [];
  for (const split of splits) {
    const { logits, labels, indices } = await predict(model, source.batches(split), (images) => {
      done += images;
      context.progress({ done, total, unit: 'images', note: split });
    });
    for (const [i, index] of indices.entries()) {
      const sample = source.samples(split)[index]!;
      rows.push(scoreRow(split, sample, labels[i] === 0 ? 0 : 1, [logits[2 * i]!, logits[2 * i + 1]!]));
    }
  }
  return { rows, chosenEpoch: info.chosenEpoch };
}

function scoreRow(
  split: string,
  { key, source, group }: ScoredSample,
  label: 0 | 1,
  [real, fake]: readonly [number, number],
): ScoreRow {
  if (!Number.isFinite(real) || !Number.isFinite(fake)) {
    throw new StageError(`Expected finite scores from the model, got ${real} and ${fake} for ${key} of ${split}.`);
  }
  return { key, split, label, real, fake, source, ...(group !== undefined && { group }) };
}
