import type { LayersModel } from '@tensorflow/tfjs';
import { buildHead } from '../../src/learning/models/build-net.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import type { Net } from '../../src/learning/models/layers/layer.ts';
import { traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { headOf } from '../../src/learning/models/model-setting.ts';
import { beginNetwork } from '../../src/learning/models/weights/begin-network.ts';
import { openFeaturesOfTwoClasses, openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { trainSplit } from '../../src/learning/training/splits.ts';
import { datasetBatches, featureBatches, type TrainingData } from '../../src/learning/training/training-data.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { TrainSettings } from './spec.ts';

/** The initial model, and the images or features that it is trained on. */
export interface Source extends AsyncDisposable {
  readonly net: Net;
  readonly model: LayersModel;
  readonly input: ModelInfo['input'];
  readonly classes: readonly string[];
  /** The labels of the training split. */
  readonly labels: readonly number[];
  readonly batches: TrainingData & Partial<AsyncDisposable>;
}

/** Opens the one connected input, on a running backend. Throws a {@link StageError} when it does not fit. */
export function openSource(context: StageContext<TrainSettings>): Promise<Source> {
  return context.inputs('features').length > 0 ? features(context) : images(context);
}

async function images(context: StageContext<TrainSettings>): Promise<Source> {
  const { settings, cpus } = context;
  const { augment, batchSize, seed } = settings;
  const folder = context.input('dataset').path;
  using dataset = openTwoClasses(folder, [trainSplit, ...settings.monitor]);
  const { net, model, input } = await beginNetwork(context, settings);
  const resize = { width: input.size, height: input.size, fit: input.fit, kernel: input.kernel };
  const options = { batchSize, seed, augment, resize, normalization: input.normalise, threads: cpus };
  const batches = datasetBatches(folder, options);
  return {
    ...{ net, model, input, batches },
    classes: dataset.classes,
    labels: dataset.split(trainSplit).samples.map(({ label }) => label),
    [Symbol.asyncDispose]: () => batches[Symbol.asyncDispose](),
  };
}

async function features(context: StageContext<TrainSettings>): Promise<Source> {
  const { settings } = context;
  const features = openFeaturesOfTwoClasses(context.input('features').path, [trainSplit, ...settings.monitor]);
  const { values, of, classes } = features;
  const net = headOf(settings.model);
  const traced = traceLayers(net.layers, [values]);
  if (!traced.ok) throw new StageError(`With features of ${values} values: ${traced.error.message}.`);
  const model = buildHead(net, values);
  initialiseWeights(model, settings.seed);
  return {
    ...{ net, model, classes },
    input: { values, ...(of === undefined ? {} : { of }) },
    labels: features.split(trainSplit).samples.map(({ label }) => label),
    batches: featureBatches(features, settings),
    [Symbol.asyncDispose]: async () => {},
  };
}
