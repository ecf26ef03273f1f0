import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatFew, formatShare } from '../../src/format-numbers.ts';
import { captionOf, type ImageBlock, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { softmax } from '../../src/learning/metrics/arithmetic/logits.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import {
  formatScores,
  type ScoreRow,
  unlabelled,
} from '../../src/learning/metrics/scores/scores-file.ts';
import { loadNetwork } from '../../src/learning/models/model-files.ts';
import { type ImageInput, nativeOf, resizeOf } from '../../src/learning/models/model-info.ts';
import { expectFinite, type Network, outputOf } from '../../src/learning/models/model-output.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import {
  type DecodedImage,
  decodeImage,
  usedBits,
} from '../../src/learning/vision/decode-image.ts';
import { type DimImage, dimWarning, isDim } from '../../src/learning/vision/dim-images.ts';
import { imagesUnder } from '../../src/learning/vision/find-images.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { decodeNative } from '../../src/learning/vision/native-scale.ts';
import { normalizationTable, pixelsToFloats } from '../../src/learning/vision/pixels-to-floats.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { PredictSettings } from './spec.ts';

type Context = StageContext<PredictSettings>;

export default async function run(context: Context): Promise<void> {
  const root = context.input('images').path;
  const paths = imagesUnder(root, '');
  if (paths.length === 0) throw new StageError(`Expected images in the folder ${root}, got none.`);
  const { classes, predictions } = await predictAll(context, root, paths);
  const keys = sampleKeys(paths);
  const rows = predictions.map(({ path, scores }): ScoreRow => {
    return { key: keys.get(path)!, split: 'new', label: unlabelled, scores };
  });
  writeFileSync(context.output('scores'), formatScores({ classes, names: classes, rows }));
  const called = classes.map((name, c) => {
    const members = predictions.filter((prediction) => prediction.called === c);
    const meanProbability =
      members.length === 0 ? null : mean(members.map((prediction) => prediction.certainty));
    return { name, images: members.length, meanProbability };
  });
  const summary = {
    images: predictions.length,
    unreadable: paths.length - predictions.length,
    called: Object.fromEntries(called.map(({ name, ...numbers }) => [name, numbers])),
  };
  writeFileSync(context.output('summary'), `${JSON.stringify(summary, null, 2)}\n`);
  await renderOutput(context, 'sheet', await certaintySheet(root, classes, predictions));
  context.highlight({
    title: 'New images',
    columns: ['called', 'images', 'share', 'mean probability'],
    rows: called.map(({ name, images, meanProbability }) => [
      name,
      images,
      formatShare(images / predictions.length),
      meanProbability === null ? '' : formatShare(meanProbability),
    ]),
  });
}

/** The scores of all images that can be decoded; the others cause a warning. */
async function predictAll(context: Context, root: string, paths: readonly string[]) {
  await startBackend(context);
  using network = await loadNetwork(context.input('model').path, context.cpus);
  const { model, info } = network;
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model of images, got one of ${info.input.values} features. A stage load-model with it as "head" makes one model of it and the network of the features.`,
    );
  }
  const { input, classes } = info;
  const native = nativeOf(input);
  const decode = async (path: string) => {
    const bytes = readFileSync(join(root, path));
    const decoding =
      native === undefined ? decodeImage(bytes, resizeOf(input)) : decodeNative(bytes, native);
    const image = await decoding.catch(() => undefined);
    return { path, image, bits: image && (await usedBits(bytes)) };
  };
  const unreadable: string[] = [];
  const small: string[] = [];
  const predictions: Prediction[] = [];
  const dim: DimImage[] = [];
  let batch: NamedImage[] = [];
  const scoreBatch = async () => {
    if (batch.length > 0)
      predictions.push(...(await scoresOf(model, input, classes.length, batch)));
    batch = [];
    const done = predictions.length + unreadable.length + small.length;
    context.progress({ done, total: paths.length, unit: 'images' });
  };
  for await (const { path, image, bits } of mapParallel(paths, context.cpus + 1, decode)) {
    if (isDim(bits)) dim.push({ path, usedBits: bits });
    if (image === undefined) {
      unreadable.push(path);
      continue;
    }
    if (Math.min(image.width, image.height) < input.size) {
      small.push(path);
      continue;
    }
    if (!isRoomFor(image, batch, input.size, context.settings.batchSize)) await scoreBatch();
    batch.push({ path, image });
  }
  await scoreBatch();
  const unseen = [
    ...(unreadable.length > 0 ? [leftOut(unreadable, paths, 'which cannot be decoded')] : []),
    ...(small.length > 0 ? [leftOut(small, paths, `which are smaller than ${input.size}`)] : []),
  ];
  if (predictions.length === 0) throw new StageError(`Expected images, got ${unseen.join('; ')}.`);
  for (const images of unseen) context.warn(`Left out ${images}.`);
  if (dim.length > 0) context.warn(dimWarning(dim, paths.length));
  return { classes, predictions };
}

const leftOut = (left: readonly string[], paths: readonly string[], why: string): string =>
  `${left.length} of ${paths.length} images, ${why}: ${formatFew(left, 10)}`;

interface NamedImage {
  readonly path: string;
  readonly image: DecodedImage;
}

/**
 * Whether an image may follow those of a batch: one of their size, and at native scale within the
 * memory of as many crops.
 */
function isRoomFor(
  { width, height }: Size,
  batch: readonly NamedImage[],
  crop: number,
  batchSize: number,
): boolean {
  const [first] = batch;
  if (first === undefined) return true;
  const isEqual = first.image.width === width && first.image.height === height;
  return isEqual && (batch.length + 1) * width * height <= batchSize * crop ** 2;
}

async function scoresOf(
  model: Network,
  { normalise }: ImageInput,
  classes: number,
  batch: readonly NamedImage[],
): Promise<readonly Prediction[]> {
  const [{ image: size }] = batch as readonly [NamedImage];
  const length = size.pixels.length;
  const table = normalizationTable(normalise);
  const images = new Float32Array(length * batch.length);
  for (const [i, { image }] of batch.entries())
    pixelsToFloats(image.pixels, table, images.subarray(i * length));
  const values = await outputOf(model, images, size);
  return batch.map(({ path }, i) =>
    predictionOf(path, [...values.subarray(i * classes, (i + 1) * classes)]),
  );
}

function predictionOf(path: string, scores: readonly number[]): Prediction {
  expectFinite(scores, path);
  const probabilities = softmax(scores);
  const certainty = Math.max(...probabilities);
  return { path, scores, called: probabilities.indexOf(certainty), certainty };
}

interface Prediction {
  /** Relative to the folder. */
  readonly path: string;
  /** `[classes]`. */
  readonly scores: readonly number[];
  /** The class of the highest probability, and this probability, above 0 to 1. */
  readonly called: number;
  readonly certainty: number;
}

/** Images in a line, and the classes that are shown, the most frequent first. */
const across = 6;
const mostClasses = 8;

/** A line of the most certain images of each class, and two of the least certain ones of all. */
async function certaintySheet(
  root: string,
  classes: readonly string[],
  predictions: readonly Prediction[],
): Promise<TopLevelSpec> {
  const sure = predictions.toSorted((a, b) => b.certainty - a.certainty);
  const byClass = classes.map((name, c) => ({
    name,
    members: sure.filter(({ called }) => called === c),
  }));
  const calledClasses = byClass
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => b.members.length - a.members.length);
  const blocks = [
    ...calledClasses.slice(0, mostClasses).map(({ name, members }) => ({
      header: `Most certain of ${formatCount(members.length)} called ${name}`,
      images: members.slice(0, across),
    })),
    { header: 'Least certain', images: sure.slice(-2 * across).reverse() },
  ];
  const draw = async ({ header, images }: (typeof blocks)[number]): Promise<ImageBlock> => ({
    header,
    cells: await Promise.all(
      images.map(async ({ path, called, certainty }) => ({
        image: await thumbnail(readFileSync(join(root, path))),
        caption: captionOf([classes[called]!, formatShare(certainty), basename(path)]),
        description: `${path}: ${classes[called]} ${formatShare(certainty)}`,
      })),
    ),
  });
  return imageSheet({
    title: `New images, ${formatCount(predictions.length)} in all`,
    subtitle:
      'Below each image: the class that it is called, the probability of this class, and its name.',
    blocks: (await Promise.all(blocks.map(draw))).map((block) => [block]),
    across,
  });
}
