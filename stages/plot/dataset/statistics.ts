import type { TopLevelSpec } from 'vega-lite';
import {
  formatCount,
  formatCountOf,
  formatList,
  formatShare,
} from '../../../src/format-numbers.ts';
import { groupBy } from '../../../src/group-by.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { chart, type Part, quantity, rowNames } from '../../../src/learning/charts/encoders.ts';
import { textWidth } from '../../../src/learning/charts/fonts.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { coloursOf, palette } from '../../../src/learning/charts/theme.ts';
import { headingOf, inRow, withTooltip } from '../../../src/learning/charts/tooltips.ts';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import type { DrawForm } from '../forms/draw-form.ts';

export const draw: DrawForm = ({ inputs, settings }) => {
  const items = inputs('dataset');
  const { names, shared } = nameSeries(items.map(({ labels }) => labels));
  const splits = items.flatMap(({ path }, index) => {
    const { classes, splits, split } = openDataset(path);
    const dataset = items.length > 1 ? `${names[index]}, ` : '';
    return splits.map((name) => countSplit(dataset + name, classes, split(name).samples));
  });
  return statisticsChart(
    splits,
    settings.title ?? withLabels('Images by split, class and source', shared),
  );
};

type SplitCounts = ReturnType<typeof countSplit>;

interface CountedSample {
  readonly class: string;
  readonly source: string;
  readonly group?: string | undefined;
}

/**
 * The images of a split by class, in label order, and source, in the order of their first
 * occurrence.
 */
export function countSplit(
  split: string,
  classes: readonly string[],
  samples: readonly CountedSample[],
) {
  const groups = new Set(samples.flatMap(({ group }) => group ?? []));
  const rows = classes.flatMap((name) => {
    const sources = groupBy(
      samples.filter((sample) => sample.class === name),
      ({ source }) => source,
    );
    if (sources.size === 0) return [{ class: name, source: name, images: 0 }];
    return Array.from(sources, ([source, { length: images }]) => ({ class: name, source, images }));
  });
  return { split, classes, images: samples.length, groups: groups.size, rows };
}

const width = 330;

/**
 * A panel for each split, a bar for each class and source, with its images and their share of the
 * split.
 */
export function statisticsChart(splits: readonly SplitCounts[], title: string): TopLevelSpec {
  const most = Math.max(1, ...splits.flatMap(({ rows }) => rows.map(({ images }) => images)));
  // One scale for all panels, with room for the longest text after the longest bar.
  const room =
    Math.max(
      ...splits.flatMap((split) => split.rows.map((row) => textWidth(textOf(row, split), 12))),
    ) + 8;
  const end = most / (1 - room / width);
  return chart(title, subtitle(splits), width + 90, {
    spacing: 22,
    vconcat: splits.map((split, index) => panel(split, end, index === splits.length - 1)),
  });
}

const textOf = (row: SplitCounts['rows'][number], { images }: SplitCounts): string =>
  `${formatCount(row.images)} (${formatShare(images === 0 ? 0 : row.images / images)})`;

/**
 * More rows than this are more than a reader looks at: then half as many of the largest and of the
 * smallest are drawn.
 */
const mostRows = 30;

function fewRows(rows: SplitCounts['rows']): SplitCounts['rows'] {
  if (rows.length <= mostRows) return rows;
  const sorted = rows.toSorted((a, b) => b.images - a.images);
  return [...sorted.slice(0, mostRows / 2), ...sorted.slice(-mostRows / 2)];
}

function panel(counts: SplitCounts, end: number, isLast: boolean): Part {
  const { split, rows, images, classes } = counts;
  const values = fewRows(rows).map((row) => ({
    ...row,
    name: row.source === row.class ? row.class : `${row.class}: ${row.source}`,
    text: textOf(row, counts),
  }));
  const names = values.map(({ name }) => name);
  const y = rowNames('name', names, 200, { grid: false });
  const x = quantity('images', isLast ? 'Images' : null, {
    domain: [0, end],
    grid: false,
    tickCount: 4,
    labels: isLast,
    ticks: isLast,
    domainOpacity: isLast ? 1 : 0,
    format: ',d',
  });
  const color = {
    field: 'class',
    type: 'nominal',
    legend: null,
    // Colours that repeat would tell nothing: the bars have names.
    scale: {
      domain: classes,
      range: classes.length > palette.length ? [palette[0]] : coloursOf(classes),
    },
  };
  const few =
    values.length < rows.length
      ? `, the most and the least frequent of ${rows.length} classes and sources`
      : '';
  const heading = `${split}: ${formatCountOf(images, 'image')}${few}`;
  return {
    title: { text: heading, anchor: 'start', frame: 'bounds', fontSize: 13, offset: 4 },
    data: { name: split, values },
    width,
    height: { step: 20 },
    layer: [
      withTooltip([headingOf('name'), { title: 'Images', text: inRow('text') }], {
        mark: { type: 'bar', cornerRadius: 1 },
        encoding: { x, y, color },
      }),
      {
        mark: { type: 'text', align: 'left', dx: 5 },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/**
 * The numbers of images and groups, and the accuracy of always guessing the larger class of each
 * split.
 */
function subtitle(splits: readonly SplitCounts[]): string {
  const sum = (of: 'images' | 'groups') => splits.reduce((total, split) => total + split[of], 0);
  const grouped = sum('groups') === 0 ? '' : ` in ${formatCountOf(sum('groups'), 'group')}`;
  const baseline = splits
    .filter(({ images }) => images > 0)
    .map(({ split, classes, rows, images }) => {
      const ofClass = (name: string) =>
        rows.reduce((total, row) => total + (row.class === name ? row.images : 0), 0);
      return `${formatShare(Math.max(...classes.map(ofClass)) / images)} of ${split}`;
    });
  const largest = splits.some(({ classes }) => classes.length > 2)
    ? 'most frequent class'
    : 'larger class';
  const always =
    splits.length > 4
      ? ''
      : `; always guessing the ${largest} is right for ${formatList(baseline)}`;
  return `${formatCountOf(sum('images'), 'image')}${grouped}${always}`;
}
