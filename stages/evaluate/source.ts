import type { FeaturesInput, ImageInput, ModelInfo } from '../../src/learning/models/model-info.ts';
import { FeatureBatches } from '../../src/learning/training/training-data.ts';
import { openFeaturesOfTwoClasses, openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { type Batch, BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { corruptionOf } from './corruption-of.ts';
import type { EvaluateSettings } from './spec.ts';

/** What is known of what is scored. */
export type ScoredSample = Pick<Sample, 'key' | 'source' | 'group'>;

/** What a model scores: images, or features. */
export interface Source {
  readonly classes: readonly string[];
  samples(split: string): readonly ScoredSample[];
  /** One pass over a split in its own order. */
  batches(split: string): AsyncIterable<Batch>;
}

/** Opens the one input that is connected, for a model with this input. Throws a {@link StageError} when they do not fit. */
export function openSource(context: StageContext<EvaluateSettings>, input: ModelInfo['input']): Source {
  const isGiven = context.inputs('features').length > 0;
  if ('values' in input) {
    if (isGiven) return features(context, input);
    throw new StageError(`The model goes on from ${input.values} features: connect "features" in place of "dataset".`);
  }
  if (!isGiven) return images(context, input);
  throw new StageError('The model sees images: connect a "dataset" in place of "features".');
}

function images(context: StageContext<EvaluateSettings>, { size, fit, kernel, normalise }: ImageInput): Source {
  const { settings, cpus } = context;
  const folder = context.input('dataset').path;
  using dataset = openTwoClasses(folder, settings.splits);
  const options = {
    batchSize: settings.batchSize,
    resize: { width: size, height: size, fit, kernel },
    normalization: normalise,
    corruption: corruptionOf(settings),
    threads: cpus,
    cacheBytes: 0, // One pass over each split, so no image is kept.
  };
  return {
    classes: dataset.classes,
    samples: (split) => dataset.split(split).samples,
    async *batches(split) {
      await using loader = new BatchLoader(folder, split, options);
      yield* loader.epoch();
    },
  };
}

function features(context: StageContext<EvaluateSettings>, { values, of: trained }: FeaturesInput): Source {
  const { splits, batchSize } = context.settings;
  const features = openFeaturesOfTwoClasses(context.input('features').path, splits);
  if (features.values !== values) {
    throw new StageError(`The model goes on from ${values} features, got ${features.values} of each image.`);
  }
  const given = features.of;
  if (trained !== undefined && given !== undefined) {
    const names = Object.keys({ ...trained, ...given });
    const other = names.filter((name) => JSON.stringify(trained[name]) !== JSON.stringify(given[name]));
    const shown = other.map((name) => `${name} ${JSON.stringify(trained[name])}, here ${JSON.stringify(given[name])}`);
    if (other.length > 0) throw new StageError(`The model was trained on features of ${shown.join('; of ')}.`);
  }
  const batches = new FeatureBatches(features, { batchSize, seed: 0 });
  return {
    classes: features.classes,
    samples: (split) => features.split(split).samples,
    batches: (split) => batches.evaluation(split),
  };
}
