import { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { Size } from '../resample.ts';
import type { AugmentSettings } from './augment-settings.ts';
import { blur } from './blur.ts';
import { colour } from './colour.ts';
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

/** A partner that is mixed into an image. */
export interface Mix {
  /** The other image's index in the split; by chance the image itself. */
  readonly partner: number;
  /** The share of the other image, and of its label: 0 to 0.5. */
  readonly share: number;
}

/**
 * Draws what is mixed into an image of a split of `images` (Zhang et al. 2018, "mixup: beyond
 * empirical risk minimization"). The partner is any of the split, not of the batch as in the
 * paper's code, so that it does not depend on batches; of the two shares the image itself has the
 * larger, so that its own label remains the likelier one.
 */
export function drawMix(
  settings: NonNullable<AugmentSettings['mixup']>,
  random: Random,
  images: number,
): Mix | undefined {
  const { probability, alpha } = settings;
  if (random.float() >= probability) return undefined;
  const partner = random.integer(images);
  const share = beta(alpha, random);
  return { partner, share: Math.min(share, 1 - share) };
}

/** `(1 - share) image + share partner`, value by value, rounded to 8 bits. Both are of one size. */
export function mixPixels(image: DecodedImage, partner: DecodedImage, share: number): DecodedImage {
  const mixed = new Uint8ClampedArray(image.pixels.length);
  for (let i = 0; i < mixed.length; i++)
    mixed[i] = (1 - share) * image.pixels[i]! + share * partner.pixels[i]!;
  return { ...image, pixels: new Uint8Array(mixed.buffer) };
}

function beta(alpha: number, random: Random): number {
  const logFirst = logGamma(alpha, random);
  const logSecond = logGamma(alpha, random);
  return 1 / (1 + Math.exp(logSecond - logFirst));
}

/**
 * The logarithm of a draw from Gamma(shape, 1), since for a small shape the draw itself is often 0
 * (Marsaglia and Tsang 2000, "A simple method for generating gamma variables", with their section 6
 * for shapes below 1).
 */
function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.float()) / shape;
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.float()) < x ** 2 / 2 + d - d * v + d * Math.log(v))
      return Math.log(d * v);
  }
}
