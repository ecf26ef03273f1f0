import { formatList } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { type ImageBlock, imageSheet } from '../../../src/learning/charts/image-sheet.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { trainSplit } from '../../../src/learning/training/splits.ts';
import { type Dataset, openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../inputs.ts';
import { drawOf, imageBlock, mostAcross, mostClasses, side } from './image-block.ts';

/** A column for each data set, a row for each of the first classes. */
export const draw: DrawForm = async (context) => {
  const { split = trainSplit, title } = context.settings;
  const items = context.inputs('dataset');
  if (items.length < 2) {
    const example = 'dataset: [one.dataset, other.dataset]';
    throw new StageError(`Expected two data sets or more to compare, got ${items.length}: ${example}.`);
  }
  const { names: series, shared } = nameSeries(items.map(({ labels }) => labels));
  const datasets = items.map(({ path }) => openDataset(path));
  try {
    const splits = datasets.map((dataset) => dataset.split(split));
    const blocks: ImageBlock[][] = [];
    const names = [...new Set(datasets.flatMap((dataset) => dataset.classes))];
    for (const name of names.slice(0, mostClasses)) {
      const row: ImageBlock[] = [];
      for (const [index, one] of splits.entries()) row.push(await imageBlock(one, name, series[index]!, context));
      blocks.push(row);
    }
    const sized = splits.map((one, index) => `${series[index]}: ${sizes(one)}`);
    if (names.length > mostClasses) sized.push(`the first ${mostClasses} of ${names.length} classes`);
    return imageSheet({
      title: title ?? withLabels(`Images of ${formatList(series)} by class, ${split}`, shared),
      subtitle: `${sized.join('; ')}; drawn by chance (seed ${drawOf(context.settings).seed})`,
      blocks,
      across: Math.max(1, Math.floor(mostAcross / items.length)),
      side,
    });
  } finally {
    for (const dataset of datasets) dataset.close();
  }
};

/** `256 × 256 pixels`, or the smallest and the largest. */
function sizes({ samples }: ReturnType<Dataset['split']>): string {
  const sorted = [...samples].sort((a, b) => a.width * a.height - b.width * b.height);
  const ends = [sorted.at(0), sorted.at(-1)].flatMap((sample) => (sample ? `${sample.width} × ${sample.height}` : []));
  return ends.length === 0 ? 'no images' : `${[...new Set(ends)].join(' to ')} pixels`;
}
