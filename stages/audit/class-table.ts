import { formatCount, formatShare } from '../../src/format-numbers.ts';
import type { Highlight } from '../../src/stage.ts';
import type { AuditedImage } from './audited-image.ts';
import type { LookedThrough } from './look-through.ts';

/** What the images of each class are like without looking at them, so that it shows what a shortcut goes by. */
export function classTable({ images, examined }: LookedThrough, classes: readonly string[]): Highlight {
  return {
    title: 'Classes',
    columns: ['class', 'images', 'size', 'encoding', 'kB', 'luma'],
    rows: classes.map((name, label) => {
      const own = images.filter((image) => image.label === label);
      return [
        name,
        formatCount(own.length),
        commonest(own.map(({ width, height }) => `${width} x ${height}`)),
        commonest(own.map(encodingOf)),
        spread(own.map(({ print }) => print.bytes / 1000)),
        spread(examined.filter((image) => image.label === label).map(({ look }) => look.light.luma)),
      ];
    }),
  };
}

function encodingOf({ print: { encoding } }: AuditedImage): string {
  const { format, quality, subsampling, progressive } = encoding;
  if (quality === undefined) return format;
  return `${format} of quality ${quality}${subsampling === 1 ? '' : ', subsampled'}${progressive ? ', progressive' : ''}`;
}

/** `224 x 224`, and where there are others, how many of them are so. */
function commonest(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [value, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
  return counts.size === 1 ? value : `${value} (${formatShare(count / values.length, 0)}; ${counts.size} sorts)`;
}

/** Mean and deviation. */
function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return `${mean.toFixed(1)} ± ${Math.sqrt(variance).toFixed(1)}`;
}
