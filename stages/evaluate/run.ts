import { writeFileSync } from 'node:fs';
import type { ScoreRow } from '../../src/metrics/scores-file.ts';
import { formatScores } from '../../src/metrics/scores-file.ts';
import { loadModel } from '../../src/models/model-files.ts';
import type { ModelInfo } from '../../src/models/model-info.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { openTwoClasses } from '../../src/training/open-two-classes.ts';
import type { Predictions } from '../../src/training/predict.ts';
import { predict } from '../../src/training/predict.ts';
import { startBackend } from '../../src/training/start-backend.ts';
import { BatchLoader } from '../../src/vision/batch-loader.ts';
import type { Sample } from '../../src/vision/dataset.ts';
import type { EvaluateSettings } from './spec.ts';
import type { SplitMetrics } from './split-metrics.ts';
import { metricsTable, splitMetrics } from './split-metrics.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { splits, batchSize } = context.settings;
  const folder = context.input('dataset').path;
  using dataset = openTwoClasses(folder, splits);
  await startBackend(context);
  const { model, info } = await loadModel(context.input('model').path);
  const [trained, given] = [info.classes.join(', '), dataset.classes.join(', ')];
  if (trained !== given) context.warn(`The model was trained on the classes ${trained}; here they are ${given}.`);

  const total = splits.reduce((sum, split) => sum + dataset.split(split).samples.length, 0);
  let done = 0;
  const rows: ScoreRow[][] = [];
  const metrics = new Map<string, SplitMetrics>();
  for (const split of splits) {
    await using loader = new BatchLoader(folder, split, loaderOptions(info, batchSize, context.cpus));
    const predictions = await predict(model, loader.epoch(), (images) => {
      done += images;
      context.progress({ done, total, unit: 'images', note: split });
    });
    rows.push(scoreRows(split, loader.samples, predictions));
    metrics.set(split, splitMetrics(predictions));
  }

  writeFileSync(context.output('scores'), formatScores(rows.flat()));
  writeFileSync(context.output('metrics'), `${JSON.stringify({ splits: Object.fromEntries(metrics) }, null, 2)}\n`);
  context.highlight(metricsTable(metrics));
}

/** One pass over each split, so no image is kept. */
function loaderOptions({ input }: ModelInfo, batchSize: number, threads: number) {
  const resize = { width: input.size, height: input.size, fit: input.fit, kernel: input.kernel };
  return { batchSize, resize, normalization: input.normalise, cacheBytes: 0, threads };
}

function scoreRows(split: string, samples: readonly Sample[], { logits, labels, indices }: Predictions): ScoreRow[] {
  return Array.from(indices, (index, i) => {
    const { key } = samples[index]!;
    const [real, fake] = [logits[2 * i]!, logits[2 * i + 1]!];
    if (!Number.isFinite(real) || !Number.isFinite(fake)) {
      throw new StageError(`Expected finite scores from the model, got ${real} and ${fake} for ${key} of ${split}.`);
    }
    return { key, split, label: labels[i] === 0 ? 0 : 1, real, fake };
  });
}
