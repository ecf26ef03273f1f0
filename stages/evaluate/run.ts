import { writeFileSync } from 'node:fs';
import type { ScoreRow } from '../../src/metrics/scores-file.ts';
import { formatScores } from '../../src/metrics/scores-file.ts';
import { loadModel } from '../../src/models/model-files.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { Predictions } from '../../src/training/predict.ts';
import { predict } from '../../src/training/predict.ts';
import { startBackend } from '../../src/training/start-backend.ts';
import { openSource } from './source.ts';
import type { EvaluateSettings } from './spec.ts';
import type { SplitMetrics } from './split-metrics.ts';
import { metricsTable, splitMetrics } from './split-metrics.ts';

export default async function run(context: StageContext<EvaluateSettings>): Promise<void> {
  const { splits } = context.settings;
  await startBackend(context);
  const { model, info } = await loadModel(context.input('model').path);
  const source = openSource(context, info.input);
  const [trained, given] = [info.classes.join(', '), source.classes.join(', ')];
  if (trained !== given) context.warn(`The model was trained on the classes ${trained}; here they are ${given}.`);

  const total = splits.reduce((sum, split) => sum + source.samples(split).length, 0);
  let done = 0;
  const rows: ScoreRow[][] = [];
  const metrics = new Map<string, SplitMetrics>();
  for (const split of splits) {
    const predictions = await predict(model, source.batches(split), (images) => {
      done += images;
      context.progress({ done, total, unit: 'images', note: split });
    });
    rows.push(scoreRows(split, source.samples(split), predictions));
    metrics.set(split, splitMetrics(predictions));
  }

  writeFileSync(context.output('scores'), formatScores(rows.flat()));
  writeFileSync(context.output('metrics'), `${JSON.stringify({ splits: Object.fromEntries(metrics) }, null, 2)}\n`);
  context.highlight(metricsTable(metrics));
}

function scoreRows(
  split: string,
  samples: readonly { readonly key: string }[],
  { logits, labels, indices }: Predictions,
): ScoreRow[] {
  return Array.from(indices, (index, i) => {
    const { key } = samples[index]!;
    const [real, fake] = [logits[2 * i]!, logits[2 * i + 1]!];
    if (!Number.isFinite(real) || !Number.isFinite(fake)) {
      throw new StageError(`Expected finite scores from the model, got ${real} and ${fake} for ${key} of ${split}.`);
    }
    return { key, split, label: labels[i] === 0 ? 0 : 1, real, fake };
  });
}
