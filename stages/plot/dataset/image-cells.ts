import { formatCount } from '../../../src/format-numbers.ts';
import type { ImageBlock, ImageCell } from '../../../src/learning/charts/image-sheet.ts';
import type { Sample } from '../../../src/learning/vision/dataset/dataset.ts';
import type { Dataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../../src/learning/vision/parallel-map.ts';
import { sampleOfClass } from '../../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { Random } from '../../../src/random.ts';

type Split = ReturnType<Dataset['split']>;

/** Which images of a class are shown. */
export interface Draw {
  readonly images: number;
  readonly seed: number;
}

/** The default of a sheet's settings. */
export const usualDraw: Draw = { images: 6, seed: 7 };

/** Pixels that a sheet of a column's width has for an image, and images across it. */
export const side = 66;
export const mostAcross = 6;

/** Images of a class in a split, drawn by chance and in the order of the split; all where there are no more. */
function drawIndices({ name, classes, samples }: Split, label: number, { images, seed }: Draw): readonly number[] {
  const random = new Random('samples', seed, name, classes[label] ?? label);
  const labels = samples.map((sample) => sample.label);
  return sampleOfClass(labels, label, images, random).toSorted((one, other) => one - other);
}

/** Some images of a class in a split, headed by where they are from and of how many they are. */
export async function imageBlock(
  split: Split,
  className: string,
  { named, draw, threads }: { readonly named: string; readonly draw: Draw; readonly threads: number },
): Promise<ImageBlock> {
  const label = split.classes.indexOf(className);
  const indices = drawIndices(split, label, draw);
  const count = split.samples.filter((sample) => sample.label === label).length;
  return {
    header: `${named}, ${className}: ${indices.length} of ${formatCount(count)}`,
    cells: await imageCells(split, indices, threads),
  };
}

/** The caption of an image is its source, where it differs from the class. */
async function imageCells(split: Split, indices: readonly number[], threads: number): Promise<readonly ImageCell[]> {
  const cells: ImageCell[] = [];
  const uris = mapParallel(indices, threads, async (index) => thumbnail(await split.read(index)));
  for await (const image of uris) {
    const sample = split.samples[indices[cells.length]!]!;
    cells.push({ image, ...captionOf(sample), description: `${sample.class}: ${sample.path}` });
  }
  return cells;
}

/** The last step of a source that is a path: it differs from its siblings, and is not cut. */
const captionOf = ({ source, ...sample }: Sample) =>
  source === sample.class ? {} : { caption: source.slice(source.lastIndexOf('/') + 1) };
