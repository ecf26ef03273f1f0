import { csvTable } from '../../src/csv.ts';
import { groupBy } from '../../src/group-by.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';

/** The facts about an image that statistics sum up. */
export interface CountedImage {
  readonly split: string;
  readonly class: string;
  readonly source: string;
  readonly group: string | undefined;
  readonly width: number;
  readonly height: number;
  /** The size of the encoded file. */
  readonly bytes: number;
  /** Mean luma, 0 to 255. */
  readonly brightness: number;
}

/** Mean luma of an image by the weights of ITU-R BT.601, as JPEG's Y: 0 to 255. */
export function meanBrightness({ pixels }: DecodedImage): number {
  let [red, green, blue] = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    red += pixels[i]!;
    green += pixels[i + 1]!;
    blue += pixels[i + 2]!;
  }
  return (0.299 * red + 0.587 * green + 0.114 * blue) / (pixels.length / 3);
}

/** The images of each split, class and source, in the order in which these first come. */
export const bySource = (images: readonly CountedImage[]): readonly (readonly CountedImage[])[] => [
  ...groupBy(images, (image) => JSON.stringify([image.split, image.class, image.source])).values(),
];

/** A row for each split, class and source. */
export function statisticsTable(images: readonly CountedImage[]): string {
  return csvTable(
    bySource(images).map((own) => {
      const { split, class: className, source } = own[0]!;
      const mean = (of: (image: CountedImage) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
      const brightness = mean((image) => image.brightness);
      const deviation = Math.sqrt(Math.max(0, mean((image) => image.brightness ** 2) - brightness ** 2));
      return {
        ...{ split, class: className, source, images: own.length },
        groups: new Set(own.flatMap(({ group }) => group ?? [])).size,
        mean_width: mean(({ width }) => width).toFixed(2),
        mean_height: mean(({ height }) => height).toFixed(2),
        mean_bytes: mean(({ bytes }) => bytes).toFixed(2),
        mean_brightness: brightness.toFixed(2),
        deviation_brightness: deviation.toFixed(2),
      };
    }),
  );
}
