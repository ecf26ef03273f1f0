import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import type {
  ScoreRow,
  ScoreTable,
  UnscoredVideo,
} from '../../src/learning/metrics/scores/scores-file.ts';
import { noteSizes } from '../../src/learning/models/image-size-notes.ts';
import { loadNetwork } from '../../src/learning/models/model-files.ts';
import {
  type FeaturesInput,
  type ImageInput,
  type ModelInfo,
  nativeOf,
  resizeOf,
} from '../../src/learning/models/model-info.ts';
import { modelInput } from '../../src/learning/models/model-inputs.ts';
import { expectFinite } from '../../src/learning/models/model-output.ts';
import {
  labelling,
  openClasses,
  openFeaturesOfClasses,
  type Target,
} from '../../src/learning/training/open-labelled-data.ts';
import { type Predictions, predict } from '../../src/learning/training/predict.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { featureBatches } from '../../src/learning/training/training-data.ts';
import { type View, viewsOf } from '../../src/learning/vision/augment/view-settings.ts';
import { type Batch, BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import { corruptionOf } from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { factsOf, type Scorable, unscoredOf } from './read-scores.ts';
import type { EvaluateSettings } from './spec.ts';

type Context = StageContext<EvaluateSettings>;

/**
 * Runs the model of the stage on every image (or features) of the splits, in the order of the
 * settings. `chosenEpoch` is the epoch that training selected for the model; 0 if none was trained.
 * A model of sources has the second of two classes as `positive`.
 */
export async function scoreImages(context: Context) {
  const { splits } = context.settings;
  await startBackend(context);
  using network = await loadNetwork(modelInput(context).path, context.cpus);
  const { model, info } = network;
  const source = openSource(context, info.input);
  const { testTime } = context.settings;
  const views = testTime === undefined ? [undefined] : viewsOf(testTime);
  const target = (info.training['target'] ?? 'class') as Target;
  const names = [...info.classes];
  const labelOf = labelsFor(context, names, source.classes, target);

  const images = splits.reduce((sum, split) => sum + source.samples(split).length, 0);
  const total = images * views.length;
  let done = 0;
  const onBatch = (split: string) => (images: number) => {
    done += images;
    context.progress({ done, total, unit: views.length === 1 ? 'images' : 'views', note: split });
  };
  const rows: ScoreRow[] = [];
  /** The scores of the images alone, where the rows have the means over several views. */
  const usual: ScoreRow[] = [];
  for (const split of splits) {
    await using pass = source.open(split);
    const seen: Predictions[] = [];
    for (const view of views) seen.push(await predict(model, pass.batches(view), onBatch(split)));
    const [{ logits, indices }] = seen as [Predictions];
    const width = logits.length / indices.length;
    for (const [i, index] of indices.entries()) {
      const sample = source.samples(split)[index]!;
      const scores = meanLogits(seen, width * i, width * (i + 1));
      expectFinite(scores, `${sample.key} of ${split}`);
      const row = {
        key: sample.key,
        split,
        label: labelOf(sample),
        scores,
        ...factsOf(sample, target),
      };
      rows.push(row);
      if (seen.length > 1)
        usual.push({ ...row, scores: [...logits.subarray(width * i, width * (i + 1))] });
    }
  }
  const isDetector = target === 'source' && source.classes.length === 2;
  const positive = isDetector ? source.classes.slice(1) : undefined;
  const unscored = source.unscored(labelOf);
  const table: ScoreTable = { classes: info.classes, names, rows, unscored };
  const seenOften = { count: views.length, alone: { ...table, rows: usual } };
  return {
    table,
    chosenEpoch: info.chosenEpoch,
    positive,
    views: views.length === 1 ? undefined : seenOften,
  };
}

/** The mean over views of a part of their logits; of one view, its logits. */
function meanLogits(views: readonly Predictions[], from: number, to: number): number[] {
  const sums = views[0]!.logits.slice(from, to);
  if (views.length === 1) return [...sums];
  return Array.from(sums, (_, c) => mean(views.map(({ logits }) => logits[from + c]!)));
}

/**
 * The label of an image among `names`, those of the model, which grow by those that it does not
 * know. Classes that share no name are those of the model in their order, where there are as many.
 */
function labelsFor(context: Context, names: string[], given: readonly string[], target: Target) {
  const known = [...names];
  const labelOf = labelling(names, target);
  if (target === 'class' && known.join() !== given.join()) {
    const trained = known.join(', ');
    const here = given.join(', ');
    context.warn(`The model was trained on the classes ${trained}; here they are ${here}.`);
    if (known.length === given.length && !given.some((name) => known.includes(name))) {
      return labelling(given);
    }
  }
  return (sample: Pick<Scorable, 'class' | 'source'>): number => {
    const label = labelOf(sample);
    if (label !== -1) return label;
    const name = sample[target];
    const at = names.indexOf(name);
    return at === -1 ? names.push(name) - 1 : at;
  };
}

/** The items that a model scores: images, or features. */
interface Source {
  readonly classes: readonly string[];
  samples(split: string): readonly Scorable[];
  /** Videos without an image. */
  unscored(
    labelOf: (video: Pick<Scorable, 'class' | 'source'>) => number,
  ): readonly UnscoredVideo[];
  open(split: string): OpenSplit;
}

/** A split whose items can be read several times. */
interface OpenSplit extends AsyncDisposable {
  /** One pass over the split in its own order; features have no views. */
  batches(view: View | undefined): AsyncIterable<Batch>;
}

/**
 * Opens the connected input, for a model with this input. Throws a {@link StageError} if they do
 * not fit.
 */
function openSource(context: Context, input: ModelInfo['input']): Source {
  const isFeatures = context.inputs('features').length > 0;
  if ('values' in input) {
    if (isFeatures) return featuresOf(context, input);
    throw new StageError(
      `The input of the model is ${input.values} features: connect "features" in place of "dataset".`,
    );
  }
  if (!isFeatures) return imagesOf(context, input);
  throw new StageError(
    'The input of the model is images: connect a "dataset" in place of "features".',
  );
}

function imagesOf(context: Context, input: ImageInput): Source {
  const { splits, batchSize, testTime } = context.settings;
  const folder = context.input('dataset').path;
  using dataset = openClasses(folder, splits);
  const samples = splits.flatMap((split) => dataset.split(split).samples);
  if (input.scale !== undefined) noteSizes(context, samples, input);
  const options = {
    batchSize,
    resize: resizeOf(input),
    native: nativeOf(input),
    normalization: input.normalise,
    corruption: corruptionOf(context),
    threads: context.cpus,
    // Images are kept for a second pass only.
    ...(testTime === undefined && { cacheBytes: 0 }),
  };
  return {
    classes: dataset.classes,
    samples: (split) => dataset.split(split).samples,
    unscored: (labelOf) => unscoredOf(splits, (split) => dataset.split(split).missing(), labelOf),
    open(split) {
      const loader = new BatchLoader(folder, split, options);
      return {
        batches: (view) => loader.epoch(view === undefined ? {} : { view }),
        [Symbol.asyncDispose]: () => loader.close(),
      };
    },
  };
}

function featuresOf(context: Context, { values, of: trained }: FeaturesInput): Source {
  const { splits, batchSize } = context.settings;
  const features = openFeaturesOfClasses(context.input('features').path, splits);
  if (features.values !== values) {
    throw new StageError(
      `The input of the model is ${values} features, got ${features.values} of each image.`,
    );
  }
  const given = features.of;
  if (trained !== undefined && given !== undefined) {
    const names = Object.keys({ ...trained, ...given });
    const differing = names.filter(
      (name) => JSON.stringify(trained[name]) !== JSON.stringify(given[name]),
    );
    const texts = differing.map(
      (name) => `${name} ${JSON.stringify(trained[name])}, here ${JSON.stringify(given[name])}`,
    );
    if (differing.length > 0)
      throw new StageError(`The model was trained on features of ${texts.join('; of ')}.`);
  }
  const batches = featureBatches(features, { batchSize, seed: 0 });
  return {
    classes: features.classes,
    samples: (split) => features.split(split).samples,
    unscored: (labelOf) =>
      unscoredOf(splits, (split) => features.split(split).missing ?? [], labelOf),
    open: (split) => ({
      batches: () => batches.evaluation(split),
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}
