import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { type Dataset, openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { imageAsShown } from '../../src/learning/vision/decode-image.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { permutation, Random } from '../../src/random.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { type Ellipse, exchangeProperty, type ImageOfFace } from './exchange-image.ts';
import type { ExchangeSettings } from './spec.ts';

type Context = StageContext<ExchangeSettings>;

export default async function run(context: Context): Promise<void> {
  const { property, splits } = context.settings;
  using dataset = openDataset(context.input('dataset').path);
  const total = splits.reduce((sum, split) => sum + dataset.split(split).samples.length, 0);
  using writer = new DatasetWriter(context.output('dataset'), {
    classes: dataset.classes,
    splits,
  });
  let done = 0;
  const partnersOfAll: { split: string; key: string; partner: string }[] = [];
  for (const split of splits) {
    const { samples } = dataset.split(split);
    const partners = drawPartners(samples, split, context.settings);
    for (const [index, { key }] of samples.entries())
      partnersOfAll.push({ split, key, partner: samples[partners[index]!]!.key });
    const made = mapParallel([...samples.keys()], context.cpus, async (index) => {
      const image = await readImage(dataset, split, index, context.settings);
      const partner = await readImage(dataset, split, partners[index]!, context.settings);
      const bytes = await exchangeProperty(property, image, partner);
      return { sample: samples[index]!, bytes, size: await imageAsShown(bytes) };
    });
    for await (const { sample, bytes, size } of made) {
      // A box would no longer be where the face is, and a path has the ending of other bytes.
      const { key, label, source, path, group, pair, slices, video, frame, time } = sample;
      const facts = { key, label, source, path, group, pair, slices, video, frame, time };
      writer.add(split, { ...facts, width: size.width, height: size.height }, bytes);
      context.progress({ done: ++done, total, unit: 'images', note: split });
    }
    for (const missing of dataset.split(split).missing()) writer.addMissing(split, missing);
  }
  writer.finish();
  writeFileSync(context.output('partners'), csvTable(partnersOfAll));
}

/**
 * For each image the index of a random one of the wanted class. Partners are drawn without
 * replacement, so that each image is the partner of one, or, where the classes differ in size, as
 * evenly of several as possible: images that share a partner are not independent.
 */
function drawPartners(
  samples: readonly Sample[],
  split: string,
  { partner, seed }: ExchangeSettings,
): readonly number[] {
  const partners = new Array<number>(samples.length);
  const all = [...samples.keys()];
  for (const label of new Set(samples.map((sample) => sample.label))) {
    const random = new Random('exchange', seed, split, label);
    const isOwn = (index: number) => samples[index]!.label === label;
    const own = inRandomOrder(all.filter(isOwn), random);
    const others = inRandomOrder(
      all.filter((index) => !isOwn(index)),
      random,
    );
    if (partner === 'own' ? own.length < 2 : others.length === 0) {
      const wanted = partner === 'own' ? 'two images of each class' : 'images of two classes';
      throw new StageError(`Expected ${wanted} in ${split}, whose properties are exchanged.`);
    }
    for (const [position, index] of own.entries()) {
      partners[index] =
        partner === 'own' ? own[(position + 1) % own.length]! : others[position % others.length]!;
    }
  }
  return partners;
}

const inRandomOrder = (indices: readonly number[], random: Random): readonly number[] =>
  Array.from(permutation(indices.length, random), (position) => indices[position]!);

async function readImage(
  dataset: Dataset,
  split: string,
  index: number,
  { property, ellipse }: ExchangeSettings,
): Promise<ImageOfFace> {
  const ofSplit = dataset.split(split);
  const { face, path } = ofSplit.samples[index]!;
  if (property === 'framing' && face === undefined) {
    throw new StageError(
      `Expected the box of a face of every image, which framing moves, got none for ${path}. Make the data set of crops by the kind faces.`,
    );
  }
  const bytes = await ofSplit.read(index);
  if (face !== undefined) return { bytes, ellipse: () => ellipseIn(face) };
  return {
    bytes,
    ellipse: ({ width, height }) => ({
      x: ellipse.x * width,
      y: ellipse.y * height,
      halfWidth: (ellipse.width / 2) * width,
      halfHeight: (ellipse.height / 2) * height,
    }),
  };
}

/** The ellipse inside the box of a face, in pixels of its crop. */
function ellipseIn({ box, toImage }: NonNullable<Sample['face']>): Ellipse {
  const [left, top, right, bottom] = box as [number, number, number, number];
  const [a, b, dx, dy] = toImage as [number, number, number, number];
  const x = (left + right) / 2 - dx;
  const y = (top + bottom) / 2 - dy;
  const squared = a * a + b * b;
  const scale = Math.sqrt(squared);
  return {
    x: (a * x + b * y) / squared,
    y: (a * y - b * x) / squared,
    halfWidth: (right - left) / 2 / scale,
    halfHeight: (bottom - top) / 2 / scale,
  };
}
