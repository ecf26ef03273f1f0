import { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { Size } from '../resample.ts';
import type { AugmentSettings } from './augment-settings.ts';
import { blur } from './blur.ts';
import { colour } from './colour.ts';
import { drawMix, type Mix, mixPixels } from './mixup.ts';
import {
  type ChangeName,
  cutout,
  downscale,
  jpeg,
  noise,
  type PixelChange,
} from './pixel-change.ts';
import { drawCrop, drawPlacement, movePixels } from './placement.ts';

/**
 * Random changes of the images of one epoch: a function of `seed`, `epoch` and the image's index
 * alone.
 */
export interface Augmentation extends AugmentSettings {
  readonly seed: number;
  readonly epoch: number;
}

/** The images of a split, before augmentation. */
interface Images {
  readonly count: number;
  /** At native scale, the size of the crop that is taken of each; absent where they have a size. */
  readonly crop?: Size;
  decode(index: number): Promise<DecodedImage>;
}

/** An augmented image: moved, changed by itself, mixed with another image, then compressed. */
export async function augmentImage(
  augment: Augmentation,
  index: number,
  images: Images,
): Promise<DecodedImage> {
  let image = await changeAlone(augment, index, images);
  const mix = mixOf(augment, index, images.count);
  if (mix !== undefined)
    image = mixPixels(image, await changeAlone(augment, mix.partner, images), mix.share);
  return change('jpeg', augment, index, image);
}

/**
 * The image that is mixed into another one of a split of `images`, if any; the labels are mixed
 * alike.
 */
export const mixOf = (augment: Augmentation, index: number, images: number): Mix | undefined =>
  augment.mixup && drawMix(augment.mixup, stream('mixup', augment, index), images);

async function changeAlone(
  augment: Augmentation,
  index: number,
  images: Images,
): Promise<DecodedImage> {
  const random = new Random('augment', augment.seed, augment.epoch, index);
  let image = moveImage(await images.decode(index), augment, random, images.crop);
  for (const name of ['colour', 'blur', 'noise', 'downscale', 'cutout'] as const) {
    image = await change(name, augment, index, image);
  }
  return image;
}

function moveImage(
  image: DecodedImage,
  augment: Augmentation,
  random: Random,
  crop: Size | undefined,
): DecodedImage {
  if (crop === undefined) return movePixels(image, drawPlacement(augment, random));
  return movePixels(image, drawCrop(image, crop, augment.flip, random), crop);
}

const changes: { readonly [Name in ChangeName]: PixelChange<Name> } = {
  colour,
  blur,
  noise,
  downscale,
  cutout,
  jpeg,
};

async function change<Name extends ChangeName>(
  name: Name,
  augment: Augmentation,
  index: number,
  image: DecodedImage,
): Promise<DecodedImage> {
  const settings = (augment as AugmentSettings)[name];
  if (settings === undefined) return image;
  const random = stream(name, augment, index);
  return random.float() < settings.probability ? changes[name](image, settings, random) : image;
}

/** Each change has a random stream of its own, so that adding one does not alter the others. */
const stream = (name: ChangeName | 'mixup', { seed, epoch }: Augmentation, index: number): Random =>
  new Random('augment', name, seed, epoch, index);
