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
import { resizeOf } from '../../src/learning/models/model-info.ts';
import { expectFinite, outputOf } from '../../src/learning/models/model-output.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { sampleKeys } from '../../src/learning/vision/dataset/sample-keys.ts';
import { decodeImage, usedBits } from '../../src/learning/vision/decode-image.ts';
import { type DimImage, dimWarning, isDim } from '../../src/learning/vision/dim-images.ts';
import { imagesUnder } from '../../src/learning/vision/images-under.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { normalizationTable, pixelsToFloats } from '../../src/learning/vision/pixels-to-floats.ts';
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
    throw new StageError(`Expected a model of images, got one of ${info.input.values} features.`);
  }
  const { size, normalise } = info.input;
  const resize = resizeOf(info.input);
  const table = normalizationTable(normalise);
  const decode = async (path: string) => {
    const bytes = readFileSync(join(root, path));
    const image = await decodeImage(bytes, resize).catch(() => undefined);
    return { path, pixels: image?.pixels, bits: image && (await usedBits(bytes)) };
  };
  const length = size * size * 3;
  const width = info.classes.length;
  const images = new Float32Array(length * Math.min(paths.length, context.settings.batchSize));
  const unreadable: string[] = [];
  const predictions: Prediction[] = [];
  const batch: string[] = [];
  const dim: DimImage[] = [];
  const scoreBatch = async () => {
    const values = await outputOf(model, images.slice(0, batch.length * length));
    predictions.push(
      ...batch.map((path, i) =>
        predictionOf(path, [...values.subarray(i * width, (i + 1) * width)]),
      ),
    );
    batch.length = 0;
    context.progress({
      done: predictions.length + unreadable.length,
      total: paths.length,
      unit: 'images',
    });
  };
  for await (const { path, pixels, bits } of mapParallel(paths, context.cpus + 1, decode)) {
    if (pixels === undefined) unreadable.push(path);
    else pixelsToFloats(pixels, table, images.subarray((batch.push(path) - 1) * length));
    if (isDim(bits)) dim.push({ path, usedBits: bits });
    if (batch.length * length === images.length) await scoreBatch();
  }
  if (batch.length > 0) await scoreBatch();
  const lost = `${unreadable.length} of ${paths.length} images, which cannot be decoded: ${formatFew(unreadable, 10)}`;
  if (predictions.length === 0) throw new StageError(`Expected images, got ${lost}.`);
  if (unreadable.length > 0) context.warn(`Left out ${lost}.`);
  if (dim.length > 0) context.warn(dimWarning(dim, paths.length));
  return { classes: info.classes, predictions };
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
