import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs';
import { beginNetwork } from '../../src/learning/models/begin-network.ts';
import { buildHead } from '../../src/learning/models/build-net.ts';
import { headOf } from '../../src/learning/models/feature-head.ts';
import { fitScalings } from '../../src/learning/models/feature-scaling.ts';
import {
  networkWithHead,
  type OpenedGraph,
  openGraph,
  partsOf,
} from '../../src/learning/models/graph-network.ts';
import { noteSizes } from '../../src/learning/models/image-size-notes.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import { usualInput } from '../../src/learning/models/input-settings.ts';
import { type NetworkParts, partsOfNet } from '../../src/learning/models/layers/net-parts.ts';
import { traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import {
  graphOf,
  type ImageInput,
  infoFile,
  type ModelInfo,
  nativeOf,
  readModelInfo,
  resizeOf,
} from '../../src/learning/models/model-info.ts';
import { backboneOptions } from '../../src/learning/models/network-options.ts';
import { networkFiles, networkPaths } from '../../src/learning/models/network-paths.ts';
import { withPreprocessing } from '../../src/learning/models/preprocessing-input.ts';
import { isPublishedNetwork, publishedRange } from '../../src/learning/models/published-weights.ts';
import { freezingMistakes } from '../../src/learning/training/freezing.ts';
import {
  labelling,
  openClasses,
  openFeaturesOfClasses,
} from '../../src/learning/training/open-labelled-data.ts';
import { trainSplit } from '../../src/learning/training/splits.ts';
import {
  type BatchOptions,
  datasetBatches,
  featureBatches,
  type Labels,
  type TrainingData,
} from '../../src/learning/training/training-data.ts';
import type { Dataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import type { Recipe } from '../../src/learning/vision/dataset/recipe.ts';
import type { Features } from '../../src/learning/vision/features/features.ts';
import { usualLargest } from '../../src/learning/vision/resize-settings.ts';
import { compare } from '../../src/sort-order.ts';
import { type SettingMistake, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { checkPairs } from './check-pairs.ts';
import type { TrainSettings } from './spec.ts';

/** The initial model, and the images or features that it is trained on. */
export interface Source extends AsyncDisposable {
  readonly parts: NetworkParts;
  readonly model: LayersModel;
  readonly architecture: ModelInfo['architecture'];
  readonly input: ModelInfo['input'];
  readonly classes: readonly string[];
  /** How the images were made, where that is known. */
  readonly recipe?: Recipe | undefined;
  /** The labels of the training split. */
  readonly labels: readonly number[];
  readonly batches: TrainingData & Partial<AsyncDisposable>;
  /** Layers of BatchNorm that were put back, and have no statistics yet. */
  readonly restored?: readonly string[];
  /** Of images alone. */
  readonly featured?: FeaturedData;
}

/** The same samples with features in place of images. */
interface FeaturedData {
  /** All images of a split, also those of classes that are not learned. */
  images(split: string): number;
  /** `features` are `[images, values]` by split. */
  batches(features: ReadonlyMap<string, Float32Array<ArrayBuffer>>, values: number): TrainingData;
}

/**
 * Opens the one connected input, on a running backend. Throws a {@link StageError} when it does not
 * fit.
 */
export function openSource(context: StageContext<TrainSettings>): Promise<Source> {
  return context.inputs('features').length > 0 ? features(context) : images(context);
}

async function images(context: StageContext<TrainSettings>): Promise<Source> {
  const { cpus } = context;
  const settings = withPreprocessing(context, context.settings, usualInput);
  const { augment, batchSize, batches: pairing, seed } = settings;
  const folder = context.input('dataset').path;
  using dataset = openClasses(folder, [trainSplit, ...settings.monitor]);
  const labels = labelsOf(dataset, settings);
  checkPairs(context, dataset.split(trainSplit).samples);
  const begin = beginnerOf(context);
  const { input, ...begun } = await begin(context, settings, labels.classes);
  const splits = [...new Set([trainSplit, ...settings.monitor])];
  noteSizes(
    context,
    splits.flatMap((split) => dataset.split(split).samples),
    input,
  );
  const options = {
    ...labels,
    batchSize,
    batches: pairing,
    seed,
    augment,
    resize: resizeOf(input),
    native: nativeOf(input),
    normalization: input.normalise,
    threads: cpus,
  };
  const batches = datasetBatches(folder, options);
  return {
    ...begun,
    input,
    recipe: dataset.recipe,
    batches,
    featured: featuredData(dataset, splits, { ...labels, batchSize, batches: pairing, seed }),
    classes: labels.classes,
    labels: dataset.split(trainSplit).samples.map(labels.labelOf),
    [Symbol.asyncDispose]: () => batches[Symbol.asyncDispose](),
  };
}

function featuredData(
  { split, classes }: Dataset,
  splits: readonly string[],
  options: BatchOptions,
): FeaturedData {
  const samples = new Map(splits.map((name) => [name, split(name).samples]));
  return {
    images: (name) => samples.get(name)!.length,
    batches: (features, values) => {
      const opened = (name: string) => {
        return { samples: samples.get(name)!, features: features.get(name)! };
      };
      return featureBatches({ classes, splits, values, split: opened }, options);
    },
  };
}

/** A model of images as training begins. */
interface InitialModel {
  readonly parts: NetworkParts;
  readonly model: LayersModel;
  readonly restored?: readonly string[];
  readonly architecture: ModelInfo['architecture'];
  readonly input: ImageInput;
}

function beginnerOf(context: StageContext<TrainSettings>) {
  const isNamed = isPublishedNetwork(context.settings);
  if (isNamed || networkPaths(context) !== undefined) return beginGraph;
  const [weights] = context.inputs('weights');
  return weights !== undefined && isTrainedGraph(weights.path) ? resumeGraph : beginNet;
}

/** Whether a folder holds a trained model of an ONNX file's network and a head. */
function isTrainedGraph(folder: string): boolean {
  return existsSync(join(folder, infoFile)) && graphOf(readModelInfo(folder)) !== undefined;
}

/** Training goes on with the layers and weights of a model that began as an ONNX file. */
async function resumeGraph(
  context: StageContext<TrainSettings>,
  settings: TrainSettings,
  classes: readonly string[],
): Promise<InitialModel> {
  const { model, info } = await loadModel(context.input('weights').path);
  const input = info.input as ImageInput; // a graph sees images
  const isResized = ![usualInput.imageSize, input.size].includes(settings.imageSize);
  if (settings.model !== 'simple-net' || isResized) {
    throw new StageError(
      `Expected neither "model" nor another "imageSize" than ${input.size}, since "weights" is a model that began as an ONNX file and keeps its layers.`,
    );
  }
  if (info.classes.length !== classes.length) {
    throw new StageError(
      `Expected ${info.classes.length} classes, as the model under "weights" has, got ${classes.join(', ')}. For a head of other classes, give the file that export writes of the model as "onnx".`,
    );
  }
  const parts = partsOf(model);
  requireParts(parts, settings);
  context.log('Training goes on with all weights of the model under "weights".');
  return {
    parts,
    model,
    input: { ...input, ...preparationIn(settings) },
    architecture: info.architecture,
  };
}

/** The settings of how an image becomes the input that are not at their default. */
function preparationIn({
  fit,
  kernel,
  normalise,
  resize,
}: TrainSettings): Partial<Omit<ImageInput, 'size'>> {
  return {
    ...(fit !== usualInput.fit && { fit }),
    ...(kernel !== usualInput.kernel && { kernel }),
    ...(normalise && {
      normalise: { mean: [...normalise.mean], deviation: [...normalise.deviation] },
    }),
    ...(resize !== undefined && { resize }),
  };
}

/** Throws for names of layers that could not be checked before the model was read. */
function requireParts(parts: NetworkParts, settings: TrainSettings): void {
  const [mistake] = freezingMistakes(parts, settings);
  if (mistake !== undefined) throw new StageError(textOf(mistake));
}

async function beginNet(
  context: StageContext<TrainSettings>,
  settings: TrainSettings,
  classes: readonly string[],
): Promise<InitialModel> {
  const { net, model, input } = await beginNetwork(context, {
    ...settings,
    classes: classes.length,
  });
  requireOutputs(model, classes);
  const parts = partsOfNet(net);
  requireParts(parts, settings);
  return { parts, model, input, architecture: settings.model };
}

async function beginGraph(
  context: StageContext<TrainSettings>,
  settings: TrainSettings,
  classes: readonly string[],
): Promise<InitialModel> {
  const { head: layers, seed, fit, kernel, normalise, resize, scale } = settings;
  const opened = openGraph((await networkFiles(context))!);
  const form = backboneOptions(context, settings, opened);
  const { imageSize: size, isNative } = form;
  const options = { ...form, head: layers, classes, seed };
  const { model, parts, cut, head, restored } = await networkWithHead(opened, options);
  const [mistake] = freezingMistakes(parts, settings);
  if (mistake !== undefined) throw graphMistake(mistake, opened);
  context.log(
    `The network of ${opened.file} up to "${cut}", then a head of ${head.length} layers.`,
  );
  const { layout, graph } = opened;
  // The spec requires it, unless the network is a published one.
  const { mean, deviation } = normalise ?? publishedRange;
  return {
    parts,
    model,
    restored,
    input: {
      size,
      fit,
      kernel,
      normalise: { mean: [...mean], deviation: [...deviation] },
      ...(resize !== undefined && { resize }),
      ...(isNative && { scale, largest: settings.largest ?? usualLargest }),
    },
    architecture: { onnx: opened.digest(), cut, head: [...head], layout, opset: graph.opset },
  };
}

/** A mistake with the names of a file, with those that it has, and why they may be others. */
function graphMistake(mistake: SettingMistake, { graph, file }: OpenedGraph): StageError {
  const isFolded = [...graph.initializers.keys()].some((name) => name.startsWith('onnx::'));
  const advice = isFolded
    ? [
        `PyTorch’s exporter folded BatchNorm or transposed weights in ${file}, and made up names such as onnx::Conv_90; torch.onnx.export(…, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False) keeps both.`,
      ]
    : [];
  return new StageError([textOf(mistake), ...advice].join(' '));
}

function textOf({ at, message, unknown }: SettingMistake): string {
  const names = unknown === undefined ? [] : [thereAre(unknown.name, unknown.known)];
  return [`In ${at.join('.')}: ${message}.`, ...names].join(' ');
}

async function features(context: StageContext<TrainSettings>): Promise<Source> {
  const { settings } = context;
  const features = openFeaturesOfClasses(context.input('features').path, [
    trainSplit,
    ...settings.monitor,
  ]);
  const { values, of } = features;
  const labels = labelsOf(features, settings);
  checkPairs(context, features.split(trainSplit).samples);
  const { classes } = labels;
  const net = headOf(settings.model, classes.length);
  const traced = traceLayers(net.layers, [values]);
  if (!traced.ok)
    throw new StageError(`With features of ${values} values: ${traced.error.message}.`);
  const model = buildHead(net, values);
  requireOutputs(model, classes);
  initialiseWeights(model, settings.seed);
  fitScalings(model, net.layers, features.split(trainSplit).features);
  return {
    parts: partsOfNet(net),
    model,
    architecture: settings.model,
    classes,
    input: { values, ...(of === undefined ? {} : { of }) },
    labels: features.split(trainSplit).samples.map(labels.labelOf),
    batches: featureBatches(features, { ...settings, ...labels }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/**
 * What is learned of a dataset: its classes, or the sources of its training split in the order of
 * their classes.
 */
function labelsOf(data: Dataset | Features, { target, monitor }: TrainSettings): Labels {
  const classes = target === 'source' ? sourcesOf(data.split(trainSplit).samples) : data.classes;
  const labelOf = labelling(classes, target);
  for (const split of monitor) {
    if (data.split(split).samples.some((sample) => labelOf(sample) !== -1)) continue;
    throw new StageError(
      `Expected images of the sources of ${trainSplit}, ${classes.join(', ')}, in ${split}, got none.`,
    );
  }
  return { classes, labelOf };
}

function sourcesOf(
  samples: readonly { readonly label: number; readonly source: string; readonly class: string }[],
) {
  const classes = new Map<string, (typeof samples)[number]>();
  for (const sample of samples) {
    const before = classes.get(sample.source);
    if (before !== undefined && before.label !== sample.label) {
      const both = `${before.class} and ${sample.class}`;
      throw new StageError(
        `Expected every source in one class to learn sources, got "${sample.source}" in ${both}.`,
      );
    }
    classes.set(sample.source, sample);
  }
  const names = [...classes.keys()].sort(
    (a, b) => classes.get(a)!.label - classes.get(b)!.label || compare(a, b),
  );
  if (names.length > 1) return names;
  throw new StageError(
    `Expected several sources in ${trainSplit} to learn, got ${names.join(', ')} alone.`,
  );
}

/**
 * Throws a {@link StageError} for a list of layers that ends with another number of values than
 * there are classes.
 */
function requireOutputs(model: LayersModel, classes: readonly string[]): void {
  const outputs = model.outputs[0]!.shape.at(-1);
  if (outputs === classes.length) return;
  throw new StageError(
    `Expected layers that end with ${classes.length} values, for ${classes.join(', ')}, but they end with ${outputs}.`,
  );
}
