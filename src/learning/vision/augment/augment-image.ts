import { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import { drawPlacement, movePixels, type Placement, unmoved } from '../pixels-to-floats.ts';
import type { AugmentSettings } from './augment-settings.ts';
import { blur } from './blur.ts';
import { colour } from './colour.ts';
import { jpeg } from './jpeg.ts';
import { drawMix, type Mix, mixPixels } from './mixup.ts';
import type { PixelChange } from './pixel-change.ts';
import { cutout, downscale, noise } from './pixel-change.ts';

/** Random changes of the images of one pass: a function of `seed`, `epoch` and the image's index alone. */
export interface Augmentation extends AugmentSettings {
  readonly seed: number;
  readonly epoch: number;
}

/** The images that are augmented, as they come. */
interface Images {
  readonly count: number;
  decode(index: number): Promise<DecodedImage>;
}

/** An image as a pass shows it, and how it is yet to be moved. */
interface Shown {
  readonly image: DecodedImage;
  readonly placement: Placement;
}

/**
 * One image as its augmentation makes it. Where nothing but crop and flip is wanted, these are left to whoever goes over
 * the pixels anyway, so that they cost nothing; otherwise they come first, and are done.
 */
export async function augmentImage(augment: Augmentation, index: number, images: Images): Promise<Shown> {
  if (!changesPixels(augment)) {
    return { image: await images.decode(index), placement: placementOf(augment, index) };
  }
  let image = await changed(augment, index, images);
  const mix = mixOf(augment, index, images.count);
  if (mix !== undefined) image = mixPixels(image, await changed(augment, mix.partner, images), mix.share);
  image = await perhaps(jpeg, augment.jpeg, image, stream('jpeg', augment, index));
  return { image, placement: unmoved };
}

/** What is mixed into an image of a split of `images`, if anything: whoever has the labels asks, too. */
export function mixOf(augment: Augmentation, index: number, images: number): Mix | undefined {
  if (augment.mixup === undefined) return undefined;
  return drawMix(augment.mixup, stream('mixup', augment, index)(), images);
}

/** All but crop and flip. */
const changes = ['colour', 'blur', 'noise', 'downscale', 'cutout', 'mixup', 'jpeg'] as const;

function changesPixels(augment: Augmentation): boolean {
  return changes.some((name) => augment[name] !== undefined);
}

/** All that is done to an image alone, but for its compression. */
async function changed(augment: Augmentation, index: number, images: Images): Promise<DecodedImage> {
  let image = movePixels(await images.decode(index), placementOf(augment, index));
  image = await perhaps(colour, augment.colour, image, stream('colour', augment, index));
  image = await perhaps(blur, augment.blur, image, stream('blur', augment, index));
  image = await perhaps(noise, augment.noise, image, stream('noise', augment, index));
  image = await perhaps(downscale, augment.downscale, image, stream('downscale', augment, index));
  return perhaps(cutout, augment.cutout, image, stream('cutout', augment, index));
}

async function perhaps<S extends { readonly probability: number }>(
  change: PixelChange<S>,
  settings: S | undefined,
  image: DecodedImage,
  stream: () => Random,
): Promise<DecodedImage> {
  if (settings === undefined) return image;
  const random = stream();
  return random.float() < settings.probability ? change(image, settings, random) : image;
}

function placementOf(augment: Augmentation, index: number): Placement {
  return drawPlacement(augment, new Random('augment', augment.seed, augment.epoch, index));
}

/** Each change draws from a stream of its own, so that one more leaves the others as they were. */
function stream(change: (typeof changes)[number], { seed, epoch }: Augmentation, index: number): () => Random {
  return () => new Random('augment', change, seed, epoch, index);
}
