import type { TopLevelSpec } from 'vega-lite';
import {
  formatCount,
  formatCountOf,
  formatCountRange,
  formatList,
  formatShare,
  toDecimals,
} from '../../../src/format-numbers.ts';
import { chart } from '../../../src/learning/charts/encoders.ts';
import { textWidth } from '../../../src/learning/charts/fonts.ts';
import { heatTable } from '../../../src/learning/charts/heat-table.ts';
import { intervalRows } from '../../../src/learning/charts/interval-rows.ts';
import { classScoresOf } from '../../../src/learning/metrics/classification/class-scores.ts';
import { confusionMatrix } from '../../../src/learning/metrics/classification/confusion-matrix.ts';
import {
  accuracy,
  decisionsOf,
  majorityAccuracy,
} from '../../../src/learning/metrics/classification/decision-metrics.ts';
import { unitsByClass } from '../../../src/learning/metrics/intervals/bootstrap-draws.ts';
import { shareInterval } from '../../../src/learning/metrics/intervals/share-difference.ts';
import type { ScoreTable } from '../../../src/learning/metrics/scores/scores-file.ts';
import type { Unit } from '../../../src/learning/metrics/scores/video-settings.ts';
import { countTooltip } from './count-tooltip.ts';

/** With more classes the most confused pairs are drawn. */
const mostInTable = 15;
const mostPairs = 20;
const confidence = 0.95;

/** What a chart of all classes shows. */
interface ClassConfusionOptions {
  readonly split: string;
  readonly unit: Unit;
  /** The axes over which the runs of a model are averaged; none for a single run. */
  readonly over: readonly string[];
}

/**
 * All classes: the images of each by the class they are called, or with many classes the most
 * confused pairs. Of several runs of a model, of the same classes, their mean matrix: each run
 * counts as much as another. Intervals are over images, not over runs.
 */
export function classConfusionChart(
  runs: readonly [ScoreTable, ...ScoreTable[]],
  { split, unit, over }: ClassConfusionOptions,
  titled: (name: string, number: string) => string,
): TopLevelSpec {
  const [first] = runs;
  const { classes } = first;
  const rowsOf = (table: ScoreTable) =>
    table.rows.filter((row) => row.split === split && row.label < classes.length);
  const rows = rowsOf(first);
  const matrices = runs.map((table) => confusionMatrix(classScoresOf(table, rowsOf(table))));
  const matrix = meanOf(matrices);
  const decisions = decisionsOf(matrix);
  const counts = classes.map((_, c) =>
    matrix.subarray(c * classes.length, (c + 1) * classes.length),
  );
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const isTable = classes.length <= mostInTable;
  const shares = matrices.map((run) => accuracy(decisionsOf(run)));
  const spread = `${formatShare(Math.min(...shares))} to ${formatShare(Math.max(...shares))}`;
  const notes = [
    `${formatCountRange(
      runs.map((table) => rowsOf(table).length),
      unit,
    )} of ${classes.length} classes`,
    ...(over.length === 0
      ? []
      : [
          `mean of ${formatCountOf(runs.length, 'run')} (${formatList(over)}), right for ${spread}`,
        ]),
    `always guessing the most frequent class is right for ${formatShare(majorityAccuracy(decisions))}`,
    isTable
      ? 'shares are of the row'
      : `the ${mostPairs} pairs with the largest share of the class; lines: 95 % intervals`,
  ];
  const name = isTable ? `Confusion on ${split}` : `Most confused classes on ${split}`;
  const heading = titled(name, `${formatShare(accuracy(decisions))} called right`);
  const units = unitsByClass(
    rows.map(({ label }) => label),
    rows.map(({ group }) => group),
  );
  const body = isTable
    ? matrixTable(classes, counts, { totals, unit })
    : pairRows(classes, counts, { totals, units });
  return chart(
    heading,
    notes.join('; '),
    isTable ? Math.max(400, sizeOf(classes) * classes.length + 100) : 700,
    body,
  );
}

/** The mean of matrices of one size. */
function meanOf(matrices: readonly Float64Array[]): Float64Array {
  const [first] = matrices as readonly [Float64Array];
  return first.map(
    (_, i) => matrices.reduce((sum, matrix) => sum + matrix[i]!, 0) / matrices.length,
  );
}

/** A count, or the mean of counts with one decimal. */
const formatMean = (count: number): string => formatCount(Number(toDecimals(count, 1)));

/** The width of a cell in pixels. */
function sizeOf({ length }: readonly string[]): number {
  if (length <= 5) return 100;
  return length <= 10 ? 62 : 52;
}

function matrixTable(
  classes: readonly string[],
  counts: readonly Float64Array[],
  { totals, unit }: { readonly totals: readonly number[]; readonly unit: Unit },
) {
  const cells = classes.flatMap((row, r) =>
    classes.map((column, c) => {
      const images = counts[r]![c]!;
      const value = totals[r] === 0 ? 0 : Number((images / totals[r]!).toPrecision(6));
      const percent = formatShare(value, value < 0.0995 ? 1 : 0);
      const text = images === 0 ? '0' : `${formatMean(images)}\n${percent}`;
      return { row, column, images: Number(images.toPrecision(6)), value, text };
    }),
  );
  const size = sizeOf(classes);
  return heatTable(cells, {
    rows: { title: 'Label', names: classes },
    columns: { title: 'Called', names: classes, orient: 'top' },
    size: [size, Math.max(38, 0.6 * size)],
    domain: [0, 1],
    fontSize: classes.length <= 5 ? 13 : 11,
    tooltip: countTooltip(unit),
  });
}

interface ClassSizes {
  /** The number of images of each class. */
  readonly totals: readonly number[];
  /** The number of images of each class, a group counting once, since its images may be alike. */
  readonly units: ReadonlyMap<number, number>;
}

/** A row for each pair of a class and one that its images are called. */
function pairRows(
  classes: readonly string[],
  counts: readonly Float64Array[],
  { totals, units }: ClassSizes,
) {
  const pairs = classes.flatMap((name, r) =>
    classes.flatMap((called, c) => {
      const images = counts[r]![c]!;
      if (r === c || images === 0) return [];
      const value = images / totals[r]!;
      const ends = shareInterval({ value, images: units.get(r)! }, confidence);
      const text = `${formatMean(images)} of ${formatMean(totals[r]!)}, ${formatShare(value)}`;
      return [{ name: `${name} called ${called}`, value, low: ends.low, high: ends.high, text }];
    }),
  );
  const rows = pairs.sort((a, b) => b.value - a.value || b.low - a.low).slice(0, mostPairs);
  const room = Math.max(0, ...rows.map(({ text }) => textWidth(text, 12)));
  return intervalRows(rows, {
    dataName: 'pairs',
    label: 'Share of the class',
    domain: [0, Math.max(0.1, ...rows.map(({ high }) => high))],
    width: 420 - Math.min(160, room),
    longestName: 380,
  });
}
