import { formatCount } from '../../../src/format-numbers.ts';
import type { ImageBlock, ImageCell } from '../../../src/learning/charts/image-sheet.ts';
import type { Dataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../../src/learning/vision/parallel-map.ts';
import { sampleOfClass } from '../../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { Random } from '../../../src/random.ts';
import type { StageContext } from '../../../src/stage.ts';
import type { PlotSettings } from '../spec.ts';

/** Pixels that a sheet of a column's width has for an image, and images across it. */
export const side = 66;
export const mostAcross = 6;
/** Classes that a sheet has room for. */
export const mostClasses = 12;

/** Images of each class, and the seed that chooses them. */
export const drawOf = ({ images = 6, seed = 7 }: PlotSettings) => ({ images, seed });

/**
 * Some images of a class in a split, drawn by chance and in the order of the split (all where there are no more), headed by
 * where they are from and of how many they are. The caption of an image is its source, where it differs from the class.
 */
export async function imageBlock(
  split: ReturnType<Dataset['split']>,
  className: string,
  named: string,
  { settings, cpus }: StageContext<PlotSettings>,
): Promise<ImageBlock> {
  const { images, seed } = drawOf(settings);
  const label = split.classes.indexOf(className);
  const labels = split.samples.map((sample) => sample.label);
  const drawn = sampleOfClass(labels, label, images, new Random('samples', seed, split.name, className));
  const indices = drawn.toSorted((one, other) => one - other);
  const cells: ImageCell[] = [];
  for await (const image of mapParallel(indices, cpus, async (index) => thumbnail(await split.read(index)))) {
    const sample = split.samples[indices[cells.length]!]!;
    // The last step of a source that is a path: it differs from its siblings, and is not cut.
    const source = sample.source.slice(sample.source.lastIndexOf('/') + 1);
    const caption = sample.source === sample.class ? {} : { caption: source };
    cells.push({ image, ...caption, description: `${sample.class}: ${sample.path}` });
  }
  const count = labels.filter((one) => one === label).length;
  return { header: `${named}, ${className}: ${indices.length} of ${formatCount(count)}`, cells };
}
