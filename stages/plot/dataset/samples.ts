import { formatCount, formatList } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { type ImageBlock, imageSheet, inRows } from '../../../src/learning/charts/image-sheet.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import type { DrawForm } from '../inputs.ts';
import { drawOf, imageBlock, mostAcross, mostClasses, side } from './image-block.ts';

/** A block for each class and split: up to three in a row, of more than six classes up to six. */
export const draw: DrawForm = async (context) => {
  const { splits, title } = context.settings;
  const { images, seed } = drawOf(context.settings);
  const items = context.inputs('dataset');
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const blocks: (readonly ImageBlock[])[] = [];
  const counts = new Map<string, number>();
  const shown = new Set<string>();
  for (const [index, { path }] of items.entries()) {
    using dataset = openDataset(path);
    for (const name of splits ?? dataset.splits) {
      const split = dataset.split(name);
      const row: ImageBlock[] = [];
      for (const className of dataset.classes.slice(0, mostClasses)) {
        row.push(await imageBlock(split, className, items.length > 1 ? `${names[index]}, ${name}` : name, context));
      }
      for (const sample of split.samples) counts.set(sample.class, (counts.get(sample.class) ?? 0) + 1);
      shown.add(name);
      blocks.push(...inRows(row, row.length > mostAcross ? mostAcross : 3));
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const what =
    counts.size <= mostClasses
      ? formatList([...counts].map(([name, count]) => `${formatCount(count)} ${name}`))
      : `the first ${mostClasses} of ${counts.size} classes, which have ${formatCount(total)}`;
  return imageSheet({
    title: title ?? withLabels(`Images of each class in ${formatList([...shown])}`, shared),
    subtitle: `${what} images; up to ${images} of each class and split, drawn by chance (seed ${seed})`,
    blocks,
    across: Math.max(2, Math.floor(mostAcross / Math.max(1, ...blocks.map((row) => row.length)))),
    side,
  });
};
