import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatList, formatShare } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { classColours, ink } from '../../../src/learning/charts/theme.ts';
import type { Sample } from '../../../src/learning/vision/dataset/dataset.ts';

/** How many images a split has, of what. */
export interface SplitCounts {
  /** Named where there are several. */
  readonly dataset?: string | undefined;
  readonly split: string;
  readonly classes: readonly string[];
  readonly images: number;
  readonly groups: number;
  /** Of each class and source, classes in label order, sources as they first come. */
  readonly rows: readonly { readonly class: string; readonly source: string; readonly images: number }[];
}

export function countSplit({
  samples,
  ...split
}: Pick<SplitCounts, 'dataset' | 'split' | 'classes'> & {
  readonly samples: readonly Pick<Sample, 'class' | 'source' | 'group'>[];
}): SplitCounts {
  const groups = new Set(samples.flatMap(({ group }) => group ?? []));
  const rows = split.classes.flatMap((name) => {
    const sources = new Map<string, number>();
    for (const { source } of samples.filter((sample) => sample.class === name)) {
      sources.set(source, (sources.get(source) ?? 0) + 1);
    }
    return sources.size === 0
      ? [{ class: name, source: name, images: 0 }]
      : Array.from(sources, ([source, images]) => ({ class: name, source, images }));
  });
  return { ...split, images: samples.length, groups: groups.size, rows };
}

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const width = 330;
const barHeight = 20;

interface Options {
  readonly title?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** A panel for each split, a bar for each class and source; how many images and what share of the split stand at its end. */
export function statisticsChart(splits: readonly SplitCounts[], { title, labels }: Options): TopLevelSpec {
  const most = Math.max(1, ...splits.flatMap(({ rows }) => rows.map(({ images }) => images)));
  // One scale for all panels, with room for the longest text behind the longest bar.
  const room = Math.max(...splits.flatMap((split) => split.rows.map((row) => textWidth(textOf(row, split), 12)))) + 8;
  const end = most / (1 - room / width);
  return {
    title: chartTitle(title ?? withLabels(finding(splits), labels), subtitle(splits), width + 90),
    spacing: 22,
    vconcat: splits.map((split, index) => panel(split, end, index === splits.length - 1)),
  };
}

const textOf = (row: SplitCounts['rows'][number], { images }: SplitCounts): string =>
  `${formatCount(row.images)} (${formatShare(images === 0 ? 0 : row.images / images)})`;

function panel(counts: SplitCounts, end: number, isLast: boolean): Panel {
  const { dataset, split, rows, images, classes } = counts;
  const values = rows.map((row) => ({
    ...row,
    name: row.source === row.class ? row.class : `${row.class}: ${row.source}`,
    text: textOf(row, counts),
  }));
  const named = dataset === undefined ? split : `${dataset}, ${split}`;
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: values.map(({ name }) => name),
    axis: { domain: false, ticks: false, labelLimit: 200 },
  };
  const x = {
    field: 'images',
    type: 'quantitative' as const,
    title: isLast ? 'Images' : null,
    scale: { domain: [0, end], nice: false },
    axis: { grid: false, tickCount: 4, labels: isLast, ticks: isLast, domain: isLast, format: ',d' },
  };
  return {
    title: {
      text: `${named}: ${formatCountOf(images, 'image')}`,
      anchor: 'start',
      frame: 'bounds',
      fontSize: 13,
      offset: 4,
    },
    data: { name: named, values },
    width,
    height: { step: barHeight },
    layer: [
      {
        mark: { type: 'bar', cornerRadius: 1 },
        encoding: {
          ...{ x, y },
          color: {
            field: 'class',
            type: 'nominal',
            legend: null,
            scale: classes.length === 2 ? { domain: [...classes], range: [...classColours] } : { domain: [...classes] },
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5, color: ink.strong },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/** Of each split, the share of the last class: 50 % where the classes are even. Of several data sets, how many images. */
function finding(splits: readonly SplitCounts[]): string {
  const datasets = new Map<string, number>();
  for (const { dataset, images } of splits) {
    if (dataset !== undefined) datasets.set(dataset, (datasets.get(dataset) ?? 0) + images);
  }
  if (datasets.size > 0) {
    return Array.from(datasets, ([name, images]) => `${name}: ${formatCountOf(images, 'image')}`).join('; ');
  }
  const shares = splits.flatMap(({ split, classes, rows, images }) => {
    const name = classes.at(-1)!;
    const own = rows.filter((row) => row.class === name).reduce((sum, row) => sum + row.images, 0);
    return images === 0 ? [] : [{ name, text: `${formatShare(own / images)} of ${split}` }];
  });
  const names = new Set(shares.map(({ name }) => name));
  if (shares.length === 0 || shares.length > 4 || names.size > 1) return 'Images of every split, class and source';
  return `${capital(shares[0]!.name)} images are ${formatList(shares.map(({ text }) => text))}`;
}

function subtitle(splits: readonly SplitCounts[]): string {
  const images = splits.reduce((sum, split) => sum + split.images, 0);
  const groups = splits.reduce((sum, split) => sum + split.groups, 0);
  const grouped = groups === 0 ? '' : ` in ${formatCountOf(groups, 'group')}`;
  const baseline = splits
    .filter((split) => split.images > 0)
    .map((split) => {
      const sums = split.classes.map((name) =>
        split.rows.filter((row) => row.class === name).reduce((sum, row) => sum + row.images, 0),
      );
      return `${formatShare(Math.max(...sums) / split.images)} of ${split.split}`;
    });
  const always = splits.length > 4 ? '' : `; always guessing the larger class is right for ${formatList(baseline)}`;
  return `${formatCountOf(images, 'image')}${grouped}${always}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
