import type { LayersModel } from '@tensorflow/tfjs';
import { findConvolution } from '../attribution/cam/find-layer.ts';
import { logitsOf } from '../attribution/logits-of.ts';
import type { Question, ScoreKind } from '../attribution/question.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { predictedClasses } from '../metrics/logits.ts';
import { loadModel } from '../models/model-files.ts';
import type { ImageInput, ModelInfo } from '../models/model-info.ts';
import { Random } from '../random.ts';
import { StageError } from '../stage.ts';
import { openTwoClasses } from '../training/open-two-classes.ts';
import { BatchLoader } from '../vision/batch-loader.ts';
import type { Sample } from '../vision/dataset.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { floatsToPixels } from '../vision/floats-to-pixels.ts';

/** A model whose scores can be explained: one that sees images. */
export interface SeeingModel {
  readonly model: LayersModel;
  readonly info: ModelInfo;
  readonly input: ImageInput;
}

/** A model, and the images of a split that it is asked about. */
export interface Subject extends SeeingModel {
  /** Of the data set, in label order. */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** Questions about the images, batch by batch: all in the order of the split, or those of `indices` in their order. */
  ask(how: How): AsyncIterable<Asked>;
}

/** What is asked about images. */
export interface How {
  readonly indices?: Uint32Array;
  /** `label`, `predicted`, or a class's name. */
  readonly class: string;
  readonly score: ScoreKind;
  readonly seed: number;
  readonly batchSize: number;
}

/** A question about a batch of images, and what is known of them; it holds until the next is asked for. */
export interface Asked {
  readonly question: Question;
  /** In the split's samples: `[batch]`. */
  readonly indices: Uint32Array;
  /** `[batch]`. */
  readonly labels: Int32Array;
  /** An image of the batch as the network sees it. */
  pixels(slot: number): DecodedImage;
}

/**
 * The `model` artifact in a folder. Throws a {@link StageError} when it is none, or goes on from features, which show nothing
 * of where.
 */
export async function openSeeingModel(folder: string): Promise<SeeingModel> {
  const { model, info } = await loadModel(folder);
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model that sees images, got one that goes on from ${info.input.values} features: they say nothing of where in the image. Explain a model that was trained on the images.`,
    );
  }
  return { model, info, input: info.input };
}

/**
 * A model and a split of a data set, both by their artifacts' folders. Throws a {@link StageError} when they do not fit, or
 * images are too small to say where.
 */
export async function openSubject(
  { model: modelFolder, dataset: datasetFolder }: { readonly model: string; readonly dataset: string },
  split: string,
  threads: number,
): Promise<Subject> {
  const seeing = await openSeeingModel(modelFolder);
  using dataset = openTwoClasses(datasetFolder, [split]);
  const { samples } = dataset.split(split);
  for (const { path, width, height } of samples) expectLargeEnough(path, { width, height }, seeing.input);
  const subject = { ...seeing, classes: dataset.classes, samples };
  return { ...subject, ask: (how) => ask(subject, { folder: datasetFolder, split, threads }, how) };
}

/** How many times an image may be enlarged before a map of it shows what the resizing made. */
const mostEnlarged = 8;

/** Throws a {@link StageError} where an image would reach the network as a blur. */
export function expectLargeEnough(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
  { size }: ImageInput,
): void {
  const least = Math.ceil(size / mostEnlarged);
  if (Math.min(width, height) >= least) return;
  throw new StageError(
    `Expected images of at least ${least} × ${least} pixels, an eighth of the ${size} × ${size} that the network sees, got ${width} × ${height}: ${name}. What a map would show of it is how it was enlarged.`,
  );
}

/**
 * The convolution that class activation maps of a model are taken from, the last unless one is named. Throws a
 * {@link StageError} with the names there are.
 */
export function layerOf({ model }: Pick<SeeingModel, 'model'>, name: string | undefined): string {
  const layer = findConvolution(model, name);
  if (!layer.ok) throw new StageError(layer.error);
  return layer.value;
}

interface Images {
  /** Of the `dataset` artifact. */
  readonly folder: string;
  readonly split: string;
  readonly threads: number;
}

/** Throws at once, not with the first batch, where there is no such class. */
function ask(subject: Omit<Subject, 'ask'>, images: Images, how: How): AsyncIterable<Asked> {
  return questions(subject, images, how, chooser(subject.model, subject.classes, how.class));
}

async function* questions(
  { input, samples }: Omit<Subject, 'ask'>,
  { folder, split, threads }: Images,
  { indices: order, score, seed, batchSize }: How,
  choose: Choose,
): AsyncGenerator<Asked> {
  const { size, fit, kernel, normalise } = input;
  await using loader = new BatchLoader(folder, split, {
    batchSize,
    resize: { width: size, height: size, fit, kernel },
    normalization: normalise,
    threads,
    cacheBytes: 0, // One pass, so no image is kept.
  });
  const length = size * size * 3;
  for await (const batch of loader.epoch(order === undefined ? {} : { order })) {
    const { images, indices, labels } = batch;
    const seeds = Array.from(indices, (index) => seedOf(seed, samples[index]!.key));
    const pixels = (slot: number) => ({
      ...{ width: size, height: size },
      pixels: floatsToPixels(images.subarray(slot * length, (slot + 1) * length), normalise),
    });
    yield { question: { images, classes: await choose(images, labels), score, seeds }, indices, labels, pixels };
    batch.release();
  }
}

/** Each image has its own, whatever batch it is in. */
export const seedOf = (seed: number, key: string): number => new Random('explain', seed, key).uint32();

type Choose = (images: Float32Array, labels: Int32Array) => Int32Array | Promise<Int32Array>;

/** Says which class each image of a batch is asked about. Throws a {@link StageError} when there is none of that name. */
export function chooser(model: LayersModel, classes: readonly string[], of: string): Choose {
  if (of === 'label') return (_, labels) => labels;
  if (of === 'predicted') return async (images) => Int32Array.from(predictedClasses(await logitsOf(model, images)));
  const one = classes.indexOf(of);
  if (one >= 0) return (_, labels) => labels.map(() => one);
  const known = [...classes, 'predicted', 'label'];
  throw new StageError(
    `Expected a class for "class" (${classes.join(', ')}), or label or predicted, got "${of}". ${suggest(of, known) ?? ''}`.trim(),
  );
}
