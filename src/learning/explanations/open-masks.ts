import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '../../stage.ts';
import type { ImageInput } from '../models/model-info.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { decodeImage } from '../vision/decode-image.ts';

/** Where images of a split were forged, as far as that is known. */
export interface Masks {
  /**
   * Of one image, resized and cropped as the network sees it: 1 where it was forged, 0 elsewhere, `[size, size]`. Undefined where
   * there is no mask, or nothing of it is left. Throws a {@link StageError} where the file is none of this image.
   */
  read(sample: Sample): Promise<Uint8Array | undefined>;
}

/** From here on, of 0 to 255, a soft mask counts as inside: where half of a pixel or more is forged. */
const inside = 128;

/**
 * The masks in a folder as `make-faces` leaves it: that of the image `a/b.jpg` is `masks/a/b.png`, white where forged. Throws
 * a {@link StageError} where no image of the split has one, since the folder is then another data set's.
 */
export function openMasks(folder: string, samples: readonly Sample[], input: ImageInput): Masks {
  const masks = findMasks(folder, samples, input);
  if (masks !== undefined) return masks;
  const example = samples.find(({ label }) => label === 1) ?? samples[0]!;
  throw new StageError(
    `Expected masks of images of this split in the input "masks", such as ${pathOf(example)} of ${example.path}, got none. ` +
      'Connect the folder that the images were loaded from, such as the output "faces" of make-faces.',
  );
}

const pathOf = ({ path }: Sample): string => `masks/${path.replace(/\.[^./]*$/, '')}.png`;

/** The same where a folder may be another data set's: undefined if no image of the split has one. */
export function findMasks(
  folder: string,
  samples: readonly Sample[],
  { size, fit, kernel }: ImageInput,
): Masks | undefined {
  const known = new Set(samples.filter((sample) => existsSync(join(folder, pathOf(sample)))).map(({ key }) => key));
  if (known.size === 0) return undefined;
  const resize = { width: size, height: size, fit, kernel };
  return {
    async read(sample) {
      if (!known.has(sample.key)) return undefined;
      const path = pathOf(sample);
      const bytes = await readFile(join(folder, path));
      const decode = async (...to: [] | [typeof resize]) => {
        try {
          return await decodeImage(bytes, ...to);
        } catch (error) {
          throw new StageError(`The mask ${path} cannot be decoded: ${(error as Error).message}`);
        }
      };
      const { width, height } = await decode();
      if (width !== sample.width || height !== sample.height) {
        throw new StageError(
          `Expected the mask ${path} to be of the size of its image, ${sample.width} x ${sample.height}, got ${width} x ${height}.`,
        );
      }
      const { pixels } = await decode(resize);
      const mask = Uint8Array.from({ length: size * size }, (_, i) => (pixels[3 * i]! >= inside ? 1 : 0));
      return mask.includes(1) ? mask : undefined;
    },
  };
}
