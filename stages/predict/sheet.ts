import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../src/format-numbers.ts';
import { fitText } from '../../src/learning/charts/fit-text.ts';
import { type ImageBlock, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';

/** An image with the scores of a model. */
export interface Predicted {
  /** Relative to the folder. */
  readonly path: string;
  /** `[classes]`. */
  readonly scores: readonly number[];
  /** The class of the highest probability, and this probability, above 0 to 1. */
  readonly called: number;
  readonly certainty: number;
}

/** Images in a line, and the classes that are shown, the most frequent first. */
const across = 6;
const mostClasses = 8;
/** Room for the text below an image, in units. */
const captionWidth = 90;

/** A line of the most certain images of each class, and two of the least certain ones of all. */
export async function certaintySheet(
  root: string,
  classes: readonly string[],
  predicted: readonly Predicted[],
): Promise<TopLevelSpec> {
  const sure = predicted.toSorted((a, b) => b.certainty - a.certainty);
  const byClass = classes.map((name, c) => ({ name, own: sure.filter(({ called }) => called === c) }));
  const shown = byClass.filter(({ own }) => own.length > 0).sort((a, b) => b.own.length - a.own.length);
  const blocks = [
    ...shown.slice(0, mostClasses).map(({ name, own }) => ({
      header: `Most certain of ${formatCount(own.length)} called ${name}`,
      images: own.slice(0, across),
    })),
    { header: 'Least certain', images: sure.slice(-2 * across).reverse() },
  ];
  const draw = async ({ header, images }: (typeof blocks)[number]): Promise<ImageBlock> => ({
    header,
    cells: await Promise.all(
      images.map(async ({ path, called, certainty }) => ({
        image: await thumbnail(readFileSync(join(root, path))),
        caption: [`${classes[called]} ${formatShare(certainty)}`, basename(path)]
          .map((line) => fitText(line, captionWidth, { size: 11 }))
          .join('\n'),
        description: `${path}: ${classes[called]} ${formatShare(certainty)}`,
      })),
    ),
  });
  return imageSheet({
    title: `New images, ${formatCount(predicted.length)} in all`,
    subtitle: 'Below each image: the class that it is called, the probability of this class, and its name.',
    blocks: (await Promise.all(blocks.map(draw))).map((block) => [block]),
    across,
  });
}
