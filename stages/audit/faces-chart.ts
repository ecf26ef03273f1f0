import type { TopLevelSpec } from 'vega-lite';
import { formatCount } from '../../src/format-numbers.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import { imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { drawsGroups } from '../../src/learning/metrics/intervals/bootstrap.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { faceSide, lumaOf } from './look-at-image.ts';
import type { ClassMeans } from './means.ts';

const side = 190;
/** From less to more luma in fakes, white where there is no difference; differs in lightness from either end to the middle. */
const colours = ['#0b4f8a', '#ffffff', '#b03a00'] as const;

/** The mean image of each class, and what sets them apart, in levels of luma with its scale. `units` as in `Copies`. */
export async function facesChart(
  names: readonly string[],
  classes: readonly ClassMeans[],
  units: readonly string[],
): Promise<TopLevelSpec> {
  const [real, fake] = classes as readonly [ClassMeans, ClassMeans];
  const difference = lumaDifference(real, fake);
  const most = Math.max(1e-3, ...difference.map(Math.abs));
  const cell = async (image: DecodedImage, description: string) => ({
    cells: [{ image: await thumbnail(image, { side: faceSide, format: 'png' }), description }],
  });
  const sheet = imageSheet({
    title: facesTitle(faceDifference(classes, units)),
    subtitle: `${formatCount(real.images)} ${names[0]} and ${formatCount(fake.images)} ${names[1]} images, stretched to ${faceSide} x ${faceSide}; luma from 0 to 255`,
    across: 1,
    side,
    blocks: [
      [
        { header: `mean of ${names[0]}`, ...(await cell(toImage(real.face), `mean of ${names[0]}`)) },
        { header: `mean of ${names[1]}`, ...(await cell(toImage(fake.face), `mean of ${names[1]}`)) },
        {
          header: `${names[1]} − ${names[0]}, luma`,
          ...(await cell(toColours(difference, most), `difference of the means, ${most.toFixed(1)} levels at most`)),
        },
      ],
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

/** Fake less real, `[64, 64]`. */
function lumaDifference(real: ClassMeans, fake: ClassMeans): readonly number[] {
  const luma = ({ face }: ClassMeans, i: number) => lumaOf(face[3 * i]!, face[3 * i + 1]!, face[3 * i + 2]!);
  return Array.from({ length: faceSide * faceSide }, (_, i) => luma(fake, i) - luma(real, i));
}

interface FaceDifference {
  readonly found: number;
  /**
   * Undefined where it is not known: a class of one image shows no spread, and images of one group or copies of each
   * other vary less among themselves than classes of other groups would.
   */
  readonly chance?: number;
}

/** How far apart the mean images are, and how far they would be by chance if classes did not differ: root mean squares. */
export function faceDifference([real, fake]: readonly ClassMeans[], units: readonly string[]): FaceDifference {
  const rootMean = (values: readonly number[]) =>
    Math.sqrt(values.reduce((sum, value) => sum + value, 0) / values.length);
  const found = rootMean(lumaDifference(real!, fake!).map((value) => value ** 2));
  if (drawsGroups({ groups: units }) || Math.min(real!.images, fake!.images) < 2) return { found };
  const chance = rootMean(
    Array.from(real!.variance, (value, i) => value / real!.images + fake!.variance[i]! / fake!.images),
  );
  return { found, chance };
}

function facesTitle({ found, chance }: FaceDifference): string {
  const beside = chance === undefined ? '' : `; chance alone would give ${chance.toFixed(1)}`;
  return `Mean images differ by ${found.toFixed(1)} levels of luma${beside}`;
}

const toImage = (face: Float64Array): DecodedImage => ({
  width: faceSide,
  height: faceSide,
  pixels: Uint8Array.from(face, Math.round),
});

function toColours(difference: readonly number[], most: number): DecodedImage {
  const [less, none, more] = colours.map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  const pixels = difference.flatMap((value) => {
    const end = value < 0 ? less! : more!;
    return none!.map((start, c) => Math.round(start + (Math.abs(value) / most) * (end[c]! - start)));
  });
  return { width: faceSide, height: faceSide, pixels: Uint8Array.from(pixels) };
}
