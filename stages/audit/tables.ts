import {
  formatCount,
  formatDecimal,
  formatEstimate,
  formatShare,
} from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import type { Highlight } from '../../src/stage.ts';
import { type Copy, copyCounts } from './copies.ts';
import { type ShortcutResult, verdict } from './shortcuts.ts';
import type { AuditedImage, Survey } from './survey.ts';

/** Sizes, encodings and brightness of each class, which show what a shortcut is based on. */
export function classTable({ images, examined }: Survey, classes: readonly string[]): Highlight {
  const faces = images.flatMap(({ face }) => face ?? []);
  const areFaces = faces.length === images.length;
  const columns = ['class', 'images', 'size', 'encoding', 'kB', 'luma'];
  return {
    title: 'Classes',
    columns: areFaces ? [...columns, 'height of the face'] : columns,
    rows: classes.map((name, label) => {
      const ofClass = images.filter((image) => image.label === label);
      return [
        name,
        formatCount(ofClass.length),
        commonest(ofClass.map(({ width, height }) => `${width} x ${height}`)),
        commonest(ofClass.map(encodingOf)),
        spread(ofClass.map(({ print }) => print.bytes / 1000)),
        spread(
          examined.filter((image) => image.label === label).map(({ look }) => look.light.luma),
        ),
        ...(areFaces ? [spread(ofClass.map(({ face }) => face!.height))] : []),
      ];
    }),
  };
}

function encodingOf({ print: { encoding } }: AuditedImage): string {
  const { format, quality, subsampling, progressive } = encoding;
  if (quality === undefined) return format;
  return `${format} of quality ${quality}${subsampling === 1 ? '' : ', subsampled'}${progressive ? ', progressive' : ''}`;
}

/**
 * The most frequent value, `224 x 224`, and where there are others, its share and the number of
 * different values.
 */
function commonest(values: readonly string[]): string {
  const groups = [...groupBy(values, (value) => value)];
  const [value, { length }] = groups.reduce((best, group) =>
    group[1].length > best[1].length ? group : best,
  );
  return groups.length === 1
    ? value
    : `${value} (${formatShare(length / values.length, 0)}; ${groups.length} different values)`;
}

function spread(values: readonly number[]): string {
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  return `${formatDecimal(middle, 1)} ± ${formatDecimal(deviation, 1)}`;
}

export const shortcutTable = (results: readonly ShortcutResult[]): Highlight => ({
  title: 'Shortcuts',
  columns: ['by this alone', 'AUC', 'p', 'verdict'],
  rows: results.map((result) => {
    const { p } = result.auc;
    return [
      result.title,
      formatEstimate(result.auc),
      Number.isNaN(p) ? '' : formatDecimal(p),
      verdict(result),
    ];
  }),
});

export function copyTable(pairs: readonly Copy[]): Highlight {
  const counts = copyCounts(pairs);
  return {
    title: 'Copies',
    columns: ['pairs', 'all', 'across splits', 'across classes'],
    rows: [
      ['the same file', ...Object.values(counts.file)],
      ['the same pixels', ...Object.values(counts.pixels)],
      ['alike to the eye', ...Object.values(counts.similar)],
      ['alike if mirrored or rotated', ...Object.values(counts.turned)],
    ],
  };
}
