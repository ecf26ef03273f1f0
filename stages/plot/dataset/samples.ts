import { formatCount, formatList } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import {
  type ImageBlock,
  type ImageCell,
  imageSheet,
  inRows,
} from '../../../src/learning/charts/image-sheet.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { trainSplit } from '../../../src/learning/training/splits.ts';
import { type Dataset, openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../../src/learning/vision/map-in-threads.ts';
import { sampleOfClass } from '../../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../../src/learning/vision/thumbnail.ts';
import { Random } from '../../../src/random.ts';
import { type StageContext, StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../forms/draw-form.ts';
import type { PlotSettings } from '../forms/settings.ts';

/** Pixels that a sheet of a column's width has for an image, and images across it. */
export const side = 66;
export const mostAcross = 6;
/** Classes that a sheet has room for, and that its subtitle names. */
const mostClasses = 12;
export const mostNamed = 3;

/** A block for each class and split: up to three in a row, of more than six classes up to six. */
export const draw: DrawForm = async (context) => {
  const { splits, title } = context.settings;
  const { images, seed } = sampleSettings(context.settings);
  const items = context.inputs('dataset');
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const blocks: (readonly ImageBlock[])[] = [];
  const counts = new Map<string, number>();
  const splitNames = new Set<string>();
  for (const [index, { path }] of items.entries()) {
    using dataset = openDataset(path);
    for (const name of splits ?? dataset.splits) {
      const split = dataset.split(name);
      const row = await blocksOf(
        split,
        dataset.classes,
        items.length > 1 ? `${names[index]}, ${name}` : name,
        context,
      );
      for (const sample of split.samples)
        counts.set(sample.class, (counts.get(sample.class) ?? 0) + 1);
      splitNames.add(name);
      blocks.push(...inRows(row, row.length > mostAcross ? mostAcross : 3));
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const part = counts.size > mostClasses ? `, of which the first ${mostClasses} are shown` : '';
  const countTexts = [...counts].map(([name, count]) => `${formatCount(count)} ${name}`);
  const what =
    counts.size <= mostNamed
      ? `${formatList(countTexts)} images`
      : `${formatCount(total)} images of ${counts.size} classes${part}`;
  return imageSheet({
    title: title ?? withLabels(`Images of each class in ${formatList([...splitNames])}`, shared),
    subtitle: `${what}; up to ${images} of each class and split, drawn at random (seed ${seed})`,
    blocks,
    across: Math.max(2, Math.floor(mostAcross / Math.max(1, ...blocks.map((row) => row.length)))),
    side,
  });
};

/** A column for each data set, a row for each of the first classes. */
export const drawComparison: DrawForm = async (context) => {
  const { split: name = trainSplit, title } = context.settings;
  const items = context.inputs('dataset');
  if (items.length < 2) {
    const example = 'dataset: [one.dataset, other.dataset]';
    throw new StageError(
      `Expected two data sets or more to compare, got ${items.length}: ${example}.`,
    );
  }
  const { names: series, shared } = nameSeries(items.map(({ labels }) => labels));
  const classes = [...new Set(items.flatMap(({ path }) => openDataset(path).classes))];
  const columns: (readonly ImageBlock[])[] = [];
  const sized: string[] = [];
  for (const [index, { path }] of items.entries()) {
    using dataset = openDataset(path);
    const split = dataset.split(name);
    columns.push(await blocksOf(split, classes, series[index]!, context));
    sized.push(`${series[index]}: ${sizes(split)}`);
  }
  if (classes.length > mostClasses)
    sized.push(`the first ${mostClasses} of ${classes.length} classes`);
  return imageSheet({
    title: title ?? withLabels(`Images of ${formatList(series)} by class, ${name}`, shared),
    subtitle: `${sized.join('; ')}; drawn at random (seed ${sampleSettings(context.settings).seed})`,
    blocks: columns[0]!.map((_, row) => columns.map((column) => column[row]!)),
    across: Math.max(1, Math.floor(mostAcross / items.length)),
    side,
  });
};

const sampleSettings = ({ images = 6, seed = 7 }: PlotSettings) => ({ images, seed });

type Split = ReturnType<Dataset['split']>;

/**
 * Some images of each of the first classes in a split, drawn at random and in the order of the
 * split (all where there are no more), headed by their split and class, and by how many of how many
 * they are. The caption of an image is its source, where it differs from the class.
 */
async function blocksOf(
  split: Split,
  classes: readonly string[],
  named: string,
  { settings, cpus }: StageContext<PlotSettings>,
): Promise<readonly ImageBlock[]> {
  const { images, seed } = sampleSettings(settings);
  const labels = split.samples.map((sample) => sample.label);
  const blocks: ImageBlock[] = [];
  for (const className of classes.slice(0, mostClasses)) {
    const label = split.classes.indexOf(className);
    const drawn = sampleOfClass(
      labels,
      label,
      images,
      new Random('samples', seed, split.name, className),
    );
    const indices = drawn.toSorted((a, b) => a - b);
    const cells: ImageCell[] = [];
    for await (const image of mapParallel(indices, cpus, async (index) =>
      thumbnail(await split.read(index)),
    )) {
      const sample = split.samples[indices[cells.length]!]!;
      // The last step of a source that is a path: it differs from its siblings, and is not cut.
      const source = sample.source.slice(sample.source.lastIndexOf('/') + 1);
      const caption = sample.source === sample.class ? {} : { caption: source };
      cells.push({ image, ...caption, description: `${sample.class}: ${sample.path}` });
    }
    const count = labels.filter((candidate) => candidate === label).length;
    blocks.push({
      header: `${named}, ${className}: ${indices.length} of ${formatCount(count)}`,
      cells,
    });
  }
  return blocks;
}

/** `256 × 256 pixels`, or the smallest and the largest. */
function sizes({ samples }: Split): string {
  const sorted = [...samples].sort((a, b) => a.width * a.height - b.width * b.height);
  const ends = [sorted.at(0), sorted.at(-1)].flatMap((sample) =>
    sample ? `${sample.width} × ${sample.height}` : [],
  );
  return ends.length === 0 ? 'no images' : `${[...new Set(ends)].join(' to ')} pixels`;
}
