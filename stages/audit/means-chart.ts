import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatDecimal } from '../../src/format-numbers.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import { imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { drawsGroups } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { lumaOf } from '../../src/learning/vision/luma.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { ClassMeans } from './class-means.ts';
import { meanSide } from './look-at-image.ts';

const side = 190;
/** From less to more luma in positives; white for no difference, and darker towards both ends. */
const colours = ['#0b4f8a', '#ffffff', '#b03a00'] as const;

/** Draws the mean image of each class, and their difference in levels of luma with its scale. */
export async function meansChart(
  names: readonly string[],
  [negative, positive]: readonly ClassMeans[],
  { rootMeanSquare, chance }: MeanDifference,
): Promise<TopLevelSpec> {
  const difference = lumaDifference(negative!, positive!);
  const most = Math.max(1e-3, ...difference.map(Math.abs));
  const block = async (header: string, pixels: Uint8Array, description = header) => {
    const image: DecodedImage = { width: meanSide, height: meanSide, pixels };
    return {
      header,
      cells: [{ image: await thumbnail(image, { side: meanSide, format: 'png' }), description }],
    };
  };
  const means = [negative!, positive!].map(({ mean }, label) =>
    block(`mean of ${names[label]}`, Uint8Array.from(mean, Math.round)),
  );
  const greatest = `difference of the means, ${formatDecimal(most, 1)} levels at most`;
  const levels = `the means differ by ${formatDecimal(rootMeanSquare, 1)} levels of luma${chance === undefined ? '' : `, where chance alone gives ${formatDecimal(chance, 1)}`}`;
  const sheet = imageSheet({
    title: 'Mean image of each class, and their difference',
    subtitle: `${formatCount(negative!.images)} ${names[0]} and ${formatCount(positive!.images)} ${names[1]} images, stretched to ${meanSide} x ${meanSide}; ${levels}`,
    across: 1,
    side,
    blocks: [
      await Promise.all([
        ...means,
        block(`${names[1]} − ${names[0]}, luma`, toColours(difference, most), greatest),
      ]),
    ],
  });
  return withColourBar(sheet, {
    title: 'levels',
    domain: [-most, 0, most],
    colours,
    length: side,
    values: [-most, -most / 2, 0, most / 2, most],
    labels: '.2~g',
  });
}

/** Positive minus negative, `[64, 64]`. */
function lumaDifference(negative: ClassMeans, positive: ClassMeans): readonly number[] {
  const luma = ({ mean }: ClassMeans, i: number) =>
    lumaOf(mean[3 * i]!, mean[3 * i + 1]!, mean[3 * i + 2]!);
  return Array.from(
    { length: meanSide * meanSide },
    (_, i) => luma(positive, i) - luma(negative, i),
  );
}

type MeanDifference = { readonly rootMeanSquare: number; readonly chance?: number };

/**
 * The root mean square difference of the mean images, and the one expected by chance if classes did
 * not differ. The latter cannot be estimated for a class of one image, and where images come in
 * groups or are copies, which vary less than independent images. `units` as in `Copies`.
 */
export function meanDifference(
  [negative, positive]: readonly ClassMeans[],
  units: readonly string[],
): MeanDifference {
  const rootMeanSquare = Math.sqrt(
    mean(lumaDifference(negative!, positive!).map((value) => value ** 2)),
  );
  if (drawsGroups(units) || Math.min(negative!.images, positive!.images) < 2)
    return { rootMeanSquare };
  const variances = Array.from(
    negative!.variance,
    (value, i) => value / negative!.images + positive!.variance[i]! / positive!.images,
  );
  return { rootMeanSquare, chance: Math.sqrt(mean(variances)) };
}

function toColours(difference: readonly number[], most: number): Uint8Array {
  const [less, none, more] = colours.map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  return Uint8Array.from(
    difference.flatMap((value) => {
      const end = value < 0 ? less! : more!;
      return none!.map((start, c) =>
        Math.round(start + (Math.abs(value) / most) * (end[c]! - start)),
      );
    }),
  );
}
