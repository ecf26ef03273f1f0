import { formatCount, formatDecimal } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import {
  captionOf,
  type ImageBlock,
  type ImageCell,
  imageSheet,
} from '../../../src/learning/charts/image-sheet.ts';
import { selectionSplit } from '../../../src/learning/training/splits.ts';
import { openImages } from '../../../src/learning/vision/dataset/shown-images.ts';
import {
  type Features,
  type FeaturesSample,
  openFeatures,
} from '../../../src/learning/vision/features/features.ts';
import { sampleImages } from '../../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { requireKnown } from '../../../src/read-input.ts';
import { type DrawForm, onlyInput } from '../forms/draw-form.ts';
import type { PlotSettings } from '../forms/settings.ts';

/** An image and its features, scaled to length 1; all zeros stay as they are. */
interface Embedded {
  readonly split: string;
  readonly sample: FeaturesSample;
  readonly direction: Float32Array;
}

const neighbours = 6;

/**
 * A line for each image: itself, then the images of any split whose features have the highest
 * cosine with its own.
 */
export const draw: DrawForm = async (context) => {
  const { split = selectionSplit, title } = context.settings;
  const { path, labels } = onlyInput(context, 'features', 'neighbours');
  const features = openFeatures(path);
  const all = features.splits.flatMap((name) => embeddedIn(features, name));
  const candidates = all.filter((image) => image.split === split);
  const queries = queryImages(candidates, split, context.settings);
  using pictures = openImages(context, features.splits);
  const cell = async ({ split, sample }: Embedded, facts: string) => ({
    image: await thumbnail(await pictures.read(split, sample.key)),
    caption: captionOf([sample.class, facts]),
    description: `${sample.key} of ${split}: ${sample.class}, ${facts}`,
  });
  const blocks: ImageBlock[][] = [];
  for (const query of queries) {
    const cells: ImageCell[] = [await cell(query, `of ${split}`)];
    for (const { neighbour, cosine } of nearest(query, all)) {
      const neighbourCell = await cell(neighbour, `${neighbour.split} ${formatDecimal(cosine, 3)}`);
      cells.push(
        neighbour.sample.class === query.sample.class
          ? neighbourCell
          : { ...neighbourCell, outcome: 'wrong' },
      );
    }
    blocks.push([{ header: query.sample.key, cells }]);
  }
  return imageSheet({
    title: title ?? withLabels(`Nearest neighbours of images of ${split}`, labels),
    subtitle: `Each image, then the nearest of ${formatCount(all.length)} by the cosine of ${formatCount(features.values)} features, with split and cosine; images of another class have a frame`,
    blocks,
    across: neighbours + 1,
  });
};

function embeddedIn(features: Features, name: string): readonly Embedded[] {
  const { samples, features: values } = features.split(name);
  return samples.map((sample, i) => {
    const vector = values.subarray(i * features.values, (i + 1) * features.values);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
    return { split: name, sample, direction: vector.map((value) => value / length) };
  });
}

/**
 * The images of a split that are named, or some that are drawn at random, in the order of the
 * split.
 */
function queryImages(
  candidates: readonly Embedded[],
  split: string,
  { of, images = 6, seed = 7 }: PlotSettings,
): readonly Embedded[] {
  const keys = new Map(candidates.map((image) => [image.sample.key, image]));
  if (of === undefined) {
    const classes = candidates.map(({ sample }) => sample.label);
    return Array.from(sampleImages(classes, images, seed), (i) => candidates[i]!);
  }
  requireKnown(`the key of an image of ${split} in "of"`, of, keys.keys());
  return of.map((key) => keys.get(key)!);
}

/**
 * The images with the highest cosine, in -1 to 1, the first of equals first; never the image
 * itself.
 */
function nearest(query: Embedded, all: readonly Embedded[]) {
  const measured = all.flatMap((neighbour) => {
    if (neighbour === query) return [];
    const cosine = neighbour.direction.reduce(
      (sum, value, i) => sum + value * query.direction[i]!,
      0,
    );
    return [{ neighbour, cosine }];
  });
  return measured.sort((a, b) => b.cosine - a.cosine).slice(0, neighbours);
}
