import { formatFew } from '../../src/format-numbers.ts';
import { softmax } from '../../src/learning/metrics/arithmetic/logits.ts';
import { loadNetwork } from '../../src/learning/models/model-files.ts';
import { type ImageInput, nativeOf, resizeOf } from '../../src/learning/models/model-info.ts';
import { modelInput } from '../../src/learning/models/model-inputs.ts';
import { expectFinite, type Network, outputOf } from '../../src/learning/models/model-output.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import {
  type DecodedImage,
  decodeImage,
  usedBits,
} from '../../src/learning/vision/decode-image.ts';
import { type DimImage, dimWarning, isDim } from '../../src/learning/vision/dim-images.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { decodeNative } from '../../src/learning/vision/native-scale.ts';
import { normalizationTable, pixelsToFloats } from '../../src/learning/vision/pixels-to-floats.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { NewImage } from './new-images.ts';
import type { PredictSettings } from './spec.ts';

type Context = StageContext<PredictSettings>;

/** The scores of all images that can be decoded; the others cause a warning. */
export async function scoreImages(context: Context, images: readonly NewImage[]) {
  await startBackend(context);
  using network = await loadNetwork(modelInput(context).path, context.cpus);
  const { model, info } = network;
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model of images, got one of ${info.input.values} features. A stage load-model with it as "head" makes one model of it and the network of the features.`,
    );
  }
  const { input, classes } = info;
  const native = nativeOf(input);
  const decode = async (image: NewImage) => {
    const bytes = await image.read();
    const decoding =
      native === undefined ? decodeImage(bytes, resizeOf(input)) : decodeNative(bytes, native);
    const decoded = await decoding.catch(() => undefined);
    return { image, decoded, bits: decoded && (await usedBits(bytes)) };
  };
  const unreadable: string[] = [];
  const small: string[] = [];
  const predictions: Prediction[] = [];
  const dim: DimImage[] = [];
  let batch: OpenImage[] = [];
  const scoreBatch = async () => {
    if (batch.length > 0)
      predictions.push(...(await scoresOf(model, input, classes.length, batch)));
    batch = [];
    const done = predictions.length + unreadable.length + small.length;
    context.progress({ done, total: images.length, unit: 'images' });
  };
  for await (const { image, decoded, bits } of mapParallel(images, context.cpus + 1, decode)) {
    if (isDim(bits)) dim.push({ path: image.path, usedBits: bits });
    if (decoded === undefined) {
      unreadable.push(image.path);
      continue;
    }
    if (Math.min(decoded.width, decoded.height) < input.size) {
      small.push(image.path);
      continue;
    }
    if (!isRoomFor(decoded, batch, input.size, context.settings.batchSize)) await scoreBatch();
    batch.push({ image, decoded });
  }
  await scoreBatch();
  const unseen = [
    ...(unreadable.length > 0 ? [leftOut(unreadable, images, 'which cannot be decoded')] : []),
    ...(small.length > 0 ? [leftOut(small, images, `which are smaller than ${input.size}`)] : []),
  ];
  if (predictions.length === 0 && unseen.length > 0)
    throw new StageError(`Expected images, got ${unseen.join('; ')}.`);
  for (const names of unseen) context.warn(`Left out ${names}.`);
  if (dim.length > 0) context.warn(dimWarning(dim, images.length));
  return { classes, predictions };
}

const leftOut = (paths: readonly string[], images: readonly NewImage[], why: string): string =>
  `${paths.length} of ${images.length} images, ${why}: ${formatFew(paths, 10)}`;

interface OpenImage {
  readonly image: NewImage;
  readonly decoded: DecodedImage;
}

/**
 * Whether an image may follow those of a batch: one of their size, and at native scale within the
 * memory of as many crops.
 */
function isRoomFor(
  { width, height }: Size,
  batch: readonly OpenImage[],
  crop: number,
  batchSize: number,
): boolean {
  const [first] = batch;
  if (first === undefined) return true;
  const isEqual = first.decoded.width === width && first.decoded.height === height;
  return isEqual && (batch.length + 1) * width * height <= batchSize * crop ** 2;
}

async function scoresOf(
  model: Network,
  { normalise }: ImageInput,
  classes: number,
  batch: readonly OpenImage[],
): Promise<readonly Prediction[]> {
  const [{ decoded: size }] = batch as readonly [OpenImage];
  const length = size.pixels.length;
  const table = normalizationTable(normalise);
  const images = new Float32Array(length * batch.length);
  for (const [i, { decoded }] of batch.entries())
    pixelsToFloats(decoded.pixels, table, images.subarray(i * length));
  const values = await outputOf(model, images, size);
  return batch.map(({ image }, i) =>
    predictionOf(image, [...values.subarray(i * classes, (i + 1) * classes)]),
  );
}

function predictionOf(image: NewImage, scores: readonly number[]): Prediction {
  expectFinite(scores, image.path);
  const probabilities = softmax(scores);
  const certainty = Math.max(...probabilities);
  return { image, scores, called: probabilities.indexOf(certainty), certainty };
}

/** What the model says of an image. */
export interface Prediction {
  readonly image: NewImage;
  /** `[classes]`. */
  readonly scores: readonly number[];
  /** The class of the highest probability, and this probability, above 0 to 1. */
  readonly called: number;
  readonly certainty: number;
}
