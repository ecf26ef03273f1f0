import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { Random } from '../../src/random.ts';
import type { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** An image whose look, encoding and place a test decides. */
export interface Planted {
  readonly split?: string;
  readonly label: number;
  /** Images of one seed show the same. */
  readonly seed: number;
  readonly group?: string;
  readonly person?: string;
  /** The height in pixels of the face that was cut out; only crops have it. */
  readonly faceHeight?: number;
  readonly encode?: (image: Sharp) => Sharp;
  readonly lighter?: number;
  /** The amplitude of a checkerboard over the picture, such as transposed convolutions leave. */
  readonly board?: number;
}

const side = 40;

/** Smooth coloured waves with some grain: no two alike, and the classes drawn from the same. */
function picture({ seed, lighter = 0, board = 0 }: Planted): Sharp {
  const random = new Random('audited', seed);
  const waves = Array.from({ length: 12 }, () => ({
    u: random.between(0, 6),
    v: random.between(0, 6),
    phase: random.between(0, 7),
    sizes: [0, 1, 2].map(() => 14 * random.normal()),
  }));
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const x = (Math.floor(i / 3) % side) / side;
    const y = Math.floor(i / 3 / side) / side;
    const channel = i % 3;
    const value = waves.reduce(
      (sum, { u, v, phase, sizes }) =>
        sum + sizes[channel]! * Math.cos(3 * (u * x + v * y) + phase),
      120,
    );
    const field = (Math.floor(i / 3) + Math.floor(i / 3 / side)) % 2 === 0 ? board : -board;
    return Math.max(0, Math.min(255, value + 5 * random.normal() + lighter + field));
  });
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
}

/** A face of this height at the corner of its image, three quarters as wide. */
const faceOf = (height: number) => ({
  image: 'frame.png',
  score: 0.9,
  box: [0, 0, 0.75 * height, height],
  toImage: [1, 0, 0, 0],
});

export const jpeg = (quality: number) => (image: Sharp) => image.jpeg({ quality });

/** `count` distinct images, of both classes in turn; two of ten are in `test`. */
export const clean = (
  count: number,
  change: (label: number, index: number) => Partial<Planted> = () => ({}),
): readonly Planted[] =>
  Array.from({ length: count }, (_, index) => {
    const label = index % 2;
    return {
      label,
      seed: index,
      split: index % 10 < 2 ? 'test' : 'train',
      ...change(label, index),
    };
  });

/** Audits a data set of these images. */
export async function audit(bench: StageBench, images: readonly Planted[], settings: object = {}) {
  const folder = join(bench.root, `dataset-${images.length}`);
  const splits = [...new Set(images.map(({ split = 'train' }) => split))].sort().reverse();
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits });
  for (const [index, image] of images.entries()) {
    const { label, group, person, faceHeight, split = 'train', encode = jpeg(90) } = image;
    const slices = person === undefined ? {} : { slices: { person } };
    const bytes = await encode(picture(image)).toBuffer();
    const { width = side, height = side } = await sharp(bytes).metadata();
    const key = `${split}/${index}`;
    writer.add(
      split,
      {
        key,
        label,
        source: 'made',
        path: `${key}.jpg`,
        width,
        height,
        ...(group && { group }),
        ...(faceHeight && { face: faceOf(faceHeight) }),
        ...slices,
      },
      bytes,
    );
  }
  writer.finish();
  await bench.run(spec, run, { with: settings, inputs: { dataset: folder } });
  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'),
  );
  const table = [
    ...csvRecords(readFileSync(bench.output('duplicates', spec.outputs['duplicates']), 'utf8')),
  ];
  return {
    metrics,
    rows: table
      .slice(1)
      .map(({ fields: [kind, , , orientation, group, , , one, , , , other] }) => ({
        kind,
        orientation,
        group,
        one,
        other,
      })),
  };
}
