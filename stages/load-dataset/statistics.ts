import { csvLine } from '../../src/csv.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';

/** What is counted of one image. */
interface Measured {
  readonly split: string;
  readonly class: string;
  readonly source: string;
  readonly group: string | undefined;
  readonly width: number;
  readonly height: number;
  /** Of the encoded file. */
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

/** Sums over the images of each split, class and source, in the order they first came. */
export class Statistics {
  readonly #rows = new Map<string, { readonly first: Measured; readonly groups: Set<string>; readonly sums: Sums }>();

  add(image: Measured): void {
    const name = JSON.stringify([image.split, image.class, image.source]);
    const row = this.#rows.get(name) ?? { first: image, groups: new Set(), sums: { ...noSums } };
    this.#rows.set(name, row);
    if (image.group !== undefined) row.groups.add(image.group);
    const { sums } = row;
    sums.images++;
    sums.width += image.width;
    sums.height += image.height;
    sums.bytes += image.bytes;
    sums.brightness += image.brightness;
    sums.squares += image.brightness ** 2;
  }

  /** Number of images per split, class and source. */
  counts(): readonly (readonly [split: string, className: string, source: string, images: number])[] {
    return [...this.#rows.values()].map(({ first, sums }) => [first.split, first.class, first.source, sums.images]);
  }

  /** A header and one line per split, class and source. */
  toCsv(): string {
    const header = ['split', 'class', 'source', 'images', 'groups', 'mean_width', 'mean_height', 'mean_bytes'];
    const lines = [...this.#rows.values()].map(({ first, groups, sums }) => {
      const n = sums.images;
      const mean = sums.brightness / n;
      const deviation = Math.sqrt(Math.max(0, sums.squares / n - mean ** 2));
      const means = [sums.width / n, sums.height / n, sums.bytes / n, mean, deviation];
      return csvLine([
        first.split,
        first.class,
        first.source,
        n,
        groups.size,
        ...means.map((value) => value.toFixed(2)),
      ]);
    });
    return csvLine([...header, 'mean_brightness', 'deviation_brightness']) + lines.join('');
  }
}

const noSums = { images: 0, width: 0, height: 0, bytes: 0, brightness: 0, squares: 0 };
type Sums = typeof noSums;
