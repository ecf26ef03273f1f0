import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatDecimal } from '../../src/format-numbers.ts';
import { type ImageBlock, imageSheet, inRows } from '../../src/learning/charts/image-sheet.ts';
import type { Copies, Copy } from './copies.ts';
import type { AuditedImage } from './survey.ts';

/** Pairs on one sheet, and in one of its rows. */
const mostShown = 18;
const across = 3;

/**
 * The first pairs of copies, those across splits before others. `show` gives the picture of an
 * image, by its position.
 */
export async function copiesChart(
  { pairs, leaking }: Copies,
  images: readonly AuditedImage[],
  classes: readonly string[],
  show: (position: number) => Promise<string>,
): Promise<TopLevelSpec> {
  const blocks: ImageBlock[] = [];
  for (const copy of pairs.slice(0, mostShown)) {
    const cells = [];
    for (const position of [copy.first, copy.second]) {
      const { split, label, path } = images[position]!;
      cells.push({
        image: await show(position),
        caption: `${split} ${classes[label]}`,
        description: path,
      });
    }
    blocks.push({ header: headerOf(copy), cells });
  }
  const first = blocks.length < pairs.length ? `the first ${blocks.length} of ` : '';
  const which =
    pairs.length === 0
      ? 'none within a split either'
      : `${first}${formatCountOf(pairs.length, 'pair')}, those across splits first`;
  const subtitle = `Among ${formatCountOf(images.length, 'image')}; ${which}`;
  const title =
    leaking > 0
      ? `${formatCount(leaking)} images have a copy or look-alike in another split`
      : 'No image has a copy or look-alike in another split';
  return imageSheet({ title, subtitle, across: 2, blocks: inRows(blocks, across) });
}

function headerOf({ kind, distance, correlation, orientation }: Copy): string {
  if (kind === 'file' || kind === 'pixels') return `same ${kind}`;
  const r = `r ${formatDecimal(correlation!)}`;
  if (orientation === undefined) return `alike: ${distance} bits, ${r}`;
  return `${orientation.replace(/\d+/, '$&°')}: ${r}`;
}
