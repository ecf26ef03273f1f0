import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { formatList } from '../../src/format-numbers.ts';
import { beginNetwork } from '../../src/learning/models/begin-network.ts';
import { featureNetwork, weightsDigest } from '../../src/learning/models/feature-network.ts';
import { graphTotals, rowsOfModel } from '../../src/learning/models/graph-listing.ts';
import { networkUpTo, openGraph } from '../../src/learning/models/graph-network.ts';
import { noteSizes } from '../../src/learning/models/image-size-notes.ts';
import { imageSizeOrigin } from '../../src/learning/models/image-size-origin.ts';
import { usualInput } from '../../src/learning/models/input-settings.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { type ImageInput, nativeOf, resizeOf } from '../../src/learning/models/model-info.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { partOptions } from '../../src/learning/models/network-options.ts';
import { networkFiles } from '../../src/learning/models/network-paths.ts';
import { OnnxNetwork } from '../../src/learning/models/onnx/onnx-network.ts';
import { poolLayers } from '../../src/learning/models/pooled-layers.ts';
import { withPreprocessing } from '../../src/learning/models/preprocessing-input.ts';
import { isPublishedNetwork, publishedRange } from '../../src/learning/models/published-weights.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { FeaturesWriter } from '../../src/learning/vision/features/features.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import { usualLargest } from '../../src/learning/vision/resize-settings.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { type EmbedSettings, usual } from './spec.ts';

export default async function run(context: StageContext<EmbedSettings>): Promise<void> {
  const { splits, batchSize } = context.settings;
  const folder = context.input('dataset').path;
  using dataset = openDataset(folder);
  const total = splits.reduce((sum, split) => sum + dataset.split(split).samples.length, 0);
  await startBackend(context);
  const backbone = await openBackbone(context);
  const { rowsOf, values, of } = backbone;
  using _ = backbone.onnx;
  const { input } = of;

  const { classes } = dataset;
  const info = { format: 1, classes, splits, values, of } as const;
  const writer = new FeaturesWriter(context.output('features'), info);
  let done = 0;
  noteSizes(
    context,
    splits.flatMap((split) => dataset.split(split).samples),
    input,
  );
  const options = {
    batchSize,
    resize: resizeOf(input),
    native: nativeOf(input),
    normalization: input.normalise,
    threads: context.cpus,
    cacheBytes: 0,
  };
  for (const split of splits) {
    await using loader = new BatchLoader(folder, split, options);
    const features = featuresOf(rowsOf, loader, (images) => {
      done += images;
      context.progress({ done, total, unit: 'images', note: split });
    });
    await writer.split(split, loader.samples, features, dataset.split(split).missing());
  }
  writer.finish();
  const from = of.layers === undefined ? of.layer : formatList(of.layers);
  context.log(`${values} values for each of ${total} images, the output of ${from}`);
}

function openBackbone(context: StageContext<EmbedSettings>): Promise<Backbone> {
  if (context.inputs('model').length > 0) return openLayers(context);
  const isNamed = isPublishedNetwork(context.settings);
  if (isNamed || context.inputs('network').length > 0) return openFile(context);
  return context.inputs('onnx').length > 0 ? openOnnx(context) : openLayers(context);
}

/** What gives the features. */
interface Backbone {
  /** A row of values for each image. */
  rowsOf(images: Float32Array, size?: Size): Promise<Float32Array>;
  readonly values: number;
  /** What the features are of, for those who use them. */
  readonly of: Readonly<Record<string, unknown>> & {
    readonly input: ImageInput;
    readonly layer?: string;
    readonly layers?: readonly string[];
  };
  readonly onnx?: Disposable;
}

async function openLayers(context: StageContext<EmbedSettings>) {
  const { layers, pool = ['mean'] } = context.settings;
  const { model, architecture, input } = await openNetwork(context);
  if (layers !== undefined) {
    const { part, values, rowsOf } = poolLayers(model, layers, pool);
    const weights = await weightsDigest(part);
    return { rowsOf, values, of: { architecture, layers, pool, input, weights } };
  }
  const { model: part, layer, values } = featureNetwork(model, context.settings.layer);
  return {
    rowsOf: (images: Float32Array, size?: Size) => outputOf(part, images, size),
    values,
    of: { architecture, layer, input, weights: await weightsDigest(part) },
  };
}

async function openNetwork(context: StageContext<EmbedSettings>) {
  const [given] = context.inputs('model');
  if (given !== undefined) {
    const { model, info } = await loadModel(given.path);
    if ('size' in info.input) return { model, architecture: info.architecture, input: info.input };
    throw new StageError('Expected a model of images, got a head on features.');
  }
  const settings = { ...usual, ...withPreprocessing(context, context.settings) };
  const { model, input } = await beginNetwork(context, settings);
  return { model, architecture: settings.model, input };
}

/** The network of a file as layers, up to a tensor or to several that are pooled. */
async function openFile(context: StageContext<EmbedSettings>) {
  const prepared = withPreprocessing(context, context.settings);
  const { layers, pool = ['mean'] } = prepared;
  const opened = openGraph((await networkFiles(context))!);
  const options = partOptions(context, prepared, opened);
  const { model, tensors, layers: names } = await networkUpTo(opened, options);
  const input = fileInput({ ...usualInput, ...prepared }, options.imageSize);
  const parameters = graphTotals(rowsOfModel(model)).learnable;
  const common = { architecture: 'file', input, weights: opened.digest(), parameters };
  if (layers !== undefined) {
    const { values, rowsOf } = poolLayers(model, names, pool);
    return { rowsOf, values, of: { ...common, layers, pool } };
  }
  const { model: part, values } = featureNetwork(model, names[0]);
  return {
    rowsOf: (images: Float32Array, seen?: Size) => outputOf(part, images, seen),
    values,
    of: { ...common, layer: tensors[0]! },
  };
}

type FileSettings = Pick<ImageInput, 'fit' | 'kernel'> & Omit<EmbedSettings, 'fit' | 'kernel'>;

/** How an image becomes the input of a file's network. */
function fileInput(
  { fit, kernel, normalise, resize, scale, largest }: FileSettings,
  size: number,
): ImageInput {
  // The spec requires it, unless the network is a published one.
  const { mean, deviation } = normalise ?? publishedRange;
  return {
    size,
    fit,
    kernel,
    normalise: { mean: [...mean], deviation: [...deviation] },
    ...(resize !== undefined && { resize }),
    ...(scale !== undefined && { scale, largest: largest ?? usualLargest }),
  };
}

/**
 * An ONNX file up to a tensor. Every pass has the same number of images, so that no image's values
 * depend on how many there are.
 */
async function openOnnx(context: StageContext<EmbedSettings>) {
  const prepared = withPreprocessing(context, context.settings);
  const { imageSize, layer: tensor, batchSize } = prepared;
  const sizeOrigin = imageSizeOrigin(context, imageSize);
  const options = { threads: context.cpus, imageSize, sizeOrigin, tensor, batch: batchSize };
  const model = await OnnxNetwork.open(context.input('onnx').path, options);
  const { size } = model.input;
  const { shape } = await model.run(new Float32Array(size ** 2 * 3));
  const values = shape.reduce((product, length) => product * length, 1);
  if (values !== Math.max(...shape)) {
    const got = `${model.output} has ${shape.join(' x ')} of each image`;
    throw new StageError(
      `Expected a tensor with a row of values for each image, but ${got}: name one after it in "layer".`,
    );
  }
  const input = fileInput({ ...usualInput, ...prepared }, size);
  const weights = createHash('sha256').update(readFileSync(model.path)).digest('hex');
  const { parameters } = model.facts;
  return {
    onnx: model,
    rowsOf: (images: Float32Array) => outputOf(model, images),
    values,
    of: { architecture: 'onnx', layer: model.output, input, weights, parameters },
  };
}

/** The features of every batch, `[batch, values]` each. */
async function* featuresOf(
  rowsOf: (images: Float32Array, size?: Size) => Promise<Float32Array>,
  loader: BatchLoader,
  onBatch: (images: number) => void,
) {
  for await (const batch of loader.epoch()) {
    const features = await rowsOf(batch.images, batch.size);
    batch.release();
    yield features;
    onBatch(batch.labels.length);
  }
}
