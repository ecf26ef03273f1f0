import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import type { FeaturesInput, ImageInput, ModelInfo } from '../../src/learning/models/model-info.ts';
import { openFeaturesOfTwoClasses, openTwoClasses } from '../../src/learning/training/open-two-classes.ts';
import { predict } from '../../src/learning/training/predict.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { featureBatches } from '../../src/learning/training/training-data.ts';
import { type Batch, BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { EvaluateSettings } from './spec.ts';

type Context = StageContext<EvaluateSettings>;

/**
 * Runs the model of the stage on every image (or features) of the splits, in the order of the settings. `chosenEpoch` is the
 * epoch that training selected for the model; 0 if none was trained.
 */
export async function scoreImages(context: Context) {
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
      const { key, source: of, group } = source.samples(split)[index]!;
      const [real, fake] = [logits[2 * i]!, logits[2 * i + 1]!];
      if (!Number.isFinite(real) || !Number.isFinite(fake)) {
        throw new StageError(`Expected finite scores from the model, got ${real} and ${fake} for ${key} of ${split}.`);
      }
      const label = labels[i] === 0 ? 0 : 1;
      rows.push({ key, split, label, real, fake, source: of, ...(group !== undefined && { group }) });
    }
  }
  return { rows, chosenEpoch: info.chosenEpoch };
}

/** The items that a model scores: images, or features. */
interface Source {
  readonly classes: readonly string[];
  samples(split: string): readonly Pick<Sample, 'key' | 'source' | 'group'>[];
  /** One pass over a split in its own order. */
  batches(split: string): AsyncIterable<Batch>;
}

/** Opens the connected input, for a model with this input. Throws a {@link StageError} if they do not fit. */
function openSource(context: Context, input: ModelInfo['input']): Source {
  const isFeatures = context.inputs('features').length > 0;
  if ('values' in input) {
    if (isFeatures) return featuresOf(context, input);
    throw new StageError(
      `The input of the model is ${input.values} features: connect "features" in place of "dataset".`,
    );
  }
  if (!isFeatures) return imagesOf(context, input);
  throw new StageError('The input of the model is images: connect a "dataset" in place of "features".');
}

function imagesOf(context: Context, { size, fit, kernel, normalise }: ImageInput): Source {
  const { splits, batchSize, corrupt, seed } = context.settings;
  const folder = context.input('dataset').path;
  using dataset = openTwoClasses(folder, splits);
  const options = {
    batchSize,
    resize: { width: size, height: size, fit, kernel },
    normalization: normalise,
    corruption: corrupt && { ...corrupt, seed },
    threads: context.cpus,
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

function featuresOf(context: Context, { values, of: trained }: FeaturesInput): Source {
  const { splits, batchSize } = context.settings;
  const features = openFeaturesOfTwoClasses(context.input('features').path, splits);
  if (features.values !== values) {
    throw new StageError(`The input of the model is ${values} features, got ${features.values} of each image.`);
  }
  const given = features.of;
  if (trained !== undefined && given !== undefined) {
    const names = Object.keys({ ...trained, ...given });
    const other = names.filter((name) => JSON.stringify(trained[name]) !== JSON.stringify(given[name]));
    const shown = other.map((name) => `${name} ${JSON.stringify(trained[name])}, here ${JSON.stringify(given[name])}`);
    if (other.length > 0) throw new StageError(`The model was trained on features of ${shown.join('; of ')}.`);
  }
  const batches = featureBatches(features, { batchSize, seed: 0 });
  return {
    classes: features.classes,
    samples: (split) => features.split(split).samples,
    batches: (split) => batches.evaluation(split),
  };
}
