import type { LayersModel } from '@tensorflow/tfjs';
import { featureNetwork, weightsDigest } from '../../src/learning/models/feature-network.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { beginNetwork } from '../../src/learning/models/weights/begin-network.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { FeaturesWriter } from '../../src/learning/vision/features/features-writer.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { type EmbedSettings, usual } from './spec.ts';

export default async function run(context: StageContext<EmbedSettings>): Promise<void> {
  const { splits, layer, batchSize } = context.settings;
  const folder = context.input('dataset').path;
  using dataset = openDataset(folder);
  const total = splits.reduce((sum, split) => sum + dataset.split(split).samples.length, 0);
  await startBackend(context);
  const { model, architecture, input } = await openNetwork(context);
  const backbone = featureNetwork(model, layer);
  const of = { architecture, layer: backbone.layer, input, weights: await weightsDigest(backbone.model) };

  const { classes } = dataset;
  const info = { format: 1, classes, splits, values: backbone.values, of } as const;
  const writer = new FeaturesWriter(context.output('features'), info);
  let done = 0;
  const resize = { width: input.size, height: input.size, fit: input.fit, kernel: input.kernel };
  const options = { batchSize, resize, normalization: input.normalise, threads: context.cpus, cacheBytes: 0 };
  for (const split of splits) {
    await using loader = new BatchLoader(folder, split, options);
    const features = featuresOf(backbone.model, loader, (images) => {
      done += images;
      context.progress({ done, total, unit: 'images', note: split });
    });
    await writer.split(split, loader.samples, features);
  }
  writer.finish();
  context.log(`${backbone.values} values for each of ${total} images, the output of ${backbone.layer}`);
}

async function openNetwork(context: StageContext<EmbedSettings>) {
  const [given] = context.inputs('model');
  if (given !== undefined) {
    const { model, info } = await loadModel(given.path);
    if ('size' in info.input) return { model, architecture: info.architecture, input: info.input };
    throw new StageError('Expected a model of images, got a head on features.');
  }
  const settings = { ...usual, ...context.settings };
  const { model, input } = await beginNetwork(context, settings);
  return { model, architecture: settings.model, input };
}

/** The features of every batch, `[batch, values]` each. */
async function* featuresOf(
  model: LayersModel,
  loader: BatchLoader,
  onBatch: (images: number) => void,
): AsyncGenerator<Float32Array, void, undefined> {
  for await (const batch of loader.epoch()) {
    const features = await outputOf(model, batch.images);
    batch.release();
    yield features;
    onBatch(batch.labels.length);
  }
}
