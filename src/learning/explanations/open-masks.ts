import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StageError } from '../../stage.ts';
import { type ImageInput, resizeOf } from '../models/model-info.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { decodeImage } from '../vision/decode-image.ts';
import type { Resize } from '../vision/resize-settings.ts';

/** The images of a split, and how a network sees them. */
interface MaskedImages {
  readonly samples: readonly Sample[];
  readonly input: ImageInput;
}

/** Masks of what was forged in the images of a split. */
export interface Masks {
  /**
   * The mask as the network sees it, `[size, size]`, 1 where forged; undefined if empty. Throws if
   * it does not fit the image.
   */
  read(sample: Sample): Promise<Uint8Array | undefined>;
}

/** Grey levels from here on, of 0 to 255, count as inside: half of the pixel or more is forged. */
const inside = 128;

const pathOf = ({ path }: Sample): string => `masks/${path.replace(/\.[^./]*$/, '')}.png`;

/**
 * The masks of each subject in its folder, as `make-faces` writes them: that of the image `a/b.jpg`
 * is `masks/a/b.png`, white where forged. Undefined for a subject whose images have none, and for
 * all without folders. Throws a {@link StageError} if no subject has any.
 */
export function openMasks(
  subjects: readonly MaskedImages[],
  folders: readonly string[],
): readonly (Masks | undefined)[] {
  if (folders.length === 0) return subjects.map(() => undefined);
  const ofSubjects = subjects.map((subject, i) => findMasks(folders[i]!, subject));
  if (ofSubjects.some((masks) => masks !== undefined)) return ofSubjects;
  const { samples } = subjects[0]!;
  const example = samples.find(({ label }) => label === 1) ?? samples[0]!;
  throw new StageError(
    `Expected masks of images of this split in the input "masks", such as ${pathOf(example)} of ${example.path}, got none. ` +
      'Connect the folder that the images were loaded from, such as the output "faces" of make-faces.',
  );
}

function findMasks(folder: string, { samples, input }: MaskedImages): Masks | undefined {
  const known = new Set(
    samples.filter((sample) => existsSync(join(folder, pathOf(sample)))).map(({ key }) => key),
  );
  if (known.size === 0) return undefined;
  const { size } = input;
  return {
    async read(sample) {
      if (!known.has(sample.key)) return undefined;
      const path = pathOf(sample);
      const bytes = await readFile(join(folder, path));
      const decode = (resize?: Resize) =>
        decodeImage(bytes, resize).catch(({ message }: Error) => {
          throw new StageError(`The mask ${path} cannot be decoded: ${message}`);
        });
      const { width, height } = await decode();
      if (width !== sample.width || height !== sample.height) {
        throw new StageError(
          `Expected the mask ${path} to be of the size of its image, ${sample.width} x ${sample.height}, got ${width} x ${height}.`,
        );
      }
      const { pixels } = await decode(resizeOf(input));
      const mask = Uint8Array.from({ length: size * size }, (_, i) =>
        pixels[3 * i]! >= inside ? 1 : 0,
      );
      return mask.includes(1) ? mask : undefined;
    },
  };
}
