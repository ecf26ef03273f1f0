import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import { type ImageBlock, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import type { AuditedImage } from './audited-image.ts';
import type { Copies, Copy } from './find-copies.ts';

/** Pairs on one sheet, and in one of its rows. */
const mostShown = 18;
const across = 3;

/** The first pairs of copies, those across splits before others. `show` gives the picture of an image, by its place. */
export async function copiesChart(
  copies: Copies,
  images: readonly AuditedImage[],
  classes: readonly string[],
  show: (place: number) => Promise<string>,
): Promise<TopLevelSpec> {
  const blocks: ImageBlock[] = [];
  for (const copy of copies.pairs.slice(0, mostShown)) {
    const cells = [];
    for (const place of [copy.one, copy.other]) {
      const { split, label, path } = images[place]!;
      cells.push({ image: await show(place), caption: `${split} ${classes[label]}`, description: path });
    }
    blocks.push({ header: headerOf(copy), cells });
  }
  const rows = Array.from({ length: Math.ceil(blocks.length / across) }, (_, row) =>
    blocks.slice(row * across, (row + 1) * across),
  );
  return imageSheet({ title: copiesTitle(copies), subtitle: subtitle(copies, images), across: 2, blocks: rows });
}

function headerOf({ kind, distance, correlation }: Copy): string {
  switch (kind) {
    case 'file':
      return 'same file';
    case 'pixels':
      return 'same pixels';
    case 'similar':
      return `alike: ${distance} bits, r ${correlation!.toFixed(3)}`;
  }
}

function copiesTitle({ pairs, leaks }: Copies): string {
  const leaking = leaks.filter((leaks) => leaks).length;
  if (leaking > 0)
    return `${formatCount(leaking)} of ${formatCount(leaks.length)} images have a copy or look-alike in another split`;
  if (pairs.length === 0) return `No copies among ${formatCountOf(leaks.length, 'image')}`;
  return `No copies across splits; ${formatCountOf(pairs.length, 'pair')} within them`;
}

function subtitle({ pairs }: Copies, images: readonly AuditedImage[]): string {
  const shown = Math.min(mostShown, pairs.length);
  const which =
    shown < pairs.length ? `The first ${shown} of ${formatCount(pairs.length)} pairs` : formatCountOf(shown, 'pair');
  const splits = new Set(images.map(({ split }) => split)).size;
  const order =
    splits > 1 ? 'those across splits before others, the same before the similar' : 'the same before the similar';
  return shown === 0 ? 'By file, by pixels, and by perceptual hash' : `${which}: ${order}`;
}
