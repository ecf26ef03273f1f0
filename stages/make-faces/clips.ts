import sharp from 'sharp';
import { Random } from '../../src/random.ts';
import { blendFace, leaveTrace } from './forgeries.ts';
import { drawMotion } from './motion.ts';
import { addNoise, drawIso, portray } from './photograph.ts';
import { type Raster, toBytes } from './raster.ts';
import type { Forgery, MakeFacesSettings } from './spec.ts';
import { drawTraits, inPlaceOf, type Traits } from './traits.ts';

/** Everything that a clip depends on. People have numbers that no two splits share. */
export interface ClipOrder {
  readonly split: string;
  readonly source: 'real' | Forgery;
  /** Whose clip it is. */
  readonly target: number;
  /** Whose face it shows, where that is another one's. */
  readonly donor?: number;
  /** The first of the people whose faces are swapped with each other, directly or in turn. */
  readonly family: number;
  /** Whether a guest, who is in no other clip, is shown beside the person. */
  readonly hasGuest: boolean;
  readonly frames: number;
  /** Pixels a side of the portrait. */
  readonly size: number;
  readonly quality: number;
  readonly seed: number;
}

/** A picture of a clip; the mask is a grey PNG, white where the face was replaced. */
export interface ClipFrame {
  readonly jpeg: Buffer;
  readonly mask?: Buffer;
}

/** One clip in so many shows a guest. */
const guestEvery = 4;

/**
 * Every clip to be made: per split a real one of each person, then the forged ones, sort by sort.
 * Two neighbours swap their faces; of an odd number, the last one gets that of the one before.
 */
export function clipOrders(
  { images, forgeries, size, quality, seed }: MakeFacesSettings,
  frames: number,
): readonly ClipOrder[] {
  const areSwapped = forgeries.includes('swapped');
  let first = 0;
  return Object.entries(images).flatMap(([split, count]) => {
    const begin = first;
    first += count;
    const lastFamily = Math.max(0, 2 * Math.floor(count / 2) - 2);
    const orderOf = (source: ClipOrder['source'], index: number): ClipOrder => {
      const partner = (index ^ 1) < count ? index ^ 1 : index - 1;
      return {
        split,
        source,
        target: begin + index,
        ...(source === 'swapped' && { donor: begin + partner }),
        family: begin + (areSwapped ? Math.min(2 * Math.floor(index / 2), lastFamily) : index),
        hasGuest: index % guestEvery === guestEvery - 1,
        frames,
        size,
        quality,
        seed,
      };
    };
    const people = Array.from({ length: count }, (_, index) => index);
    const forged = (sort: number) => people.filter((index) => index % forgeries.length === sort);
    return [
      ...people.map((index) => orderOf('real', index)),
      ...forgeries.flatMap((forgery, sort) => forged(sort).map((index) => orderOf(forgery, index))),
    ];
  });
}

const numberOf = (person: number): string => String(person).padStart(5, '0');

/** The name of a clip: `00003`, or `00003_00002` with the face of person 2. */
export const clipName = ({ target, donor }: ClipOrder): string =>
  donor === undefined ? numberOf(target) : `${numberOf(target)}_${numberOf(donor)}`;

/** What groups clips whose people swap their faces. */
export const familyName = ({ family }: ClipOrder): string => numberOf(family);

/** Makes the pictures of a clip, a function of its order alone. */
export async function* makeClip(order: ClipOrder): AsyncGenerator<ClipFrame> {
  const { source, target, donor, hasGuest, frames, size, quality, seed } = order;
  const person = personOf(seed, target);
  const other = donor === undefined ? undefined : personOf(seed, donor);
  const guest = hasGuest ? personOf(seed, 'guest', target) : undefined;
  const noise = new Random('clip', seed, source, target);
  const iso = drawIso(noise);
  for (let frame = 0; frame < frames; frame++) {
    const share = frame / frames;
    const move = person.motion(share);
    const traits = move(person.traits);
    const scene = await portray(traits, person.drawing(), size);
    // The same in every picture, so that mask, tint and trace stay with the face.
    const forging = new Random('forgery', seed, source, target);
    const { image, mask } = forge(scene, traits, {
      source,
      random: forging,
      donor: other && (await portray(inPlaceOf(other.traits, traits), other.drawing(), size)),
    });
    const beside =
      guest && (await portray(guest.motion(share)(guest.traits), guest.drawing(), guestSize(size)));
    const parts = [image, ...(beside === undefined ? [] : [beside])];
    const shot = parts.map((part) => addNoise(part, noise, iso));
    yield {
      jpeg: await compose(shot, quality),
      ...(mask !== undefined && { mask: await maskFile(mask, size, hasGuest) }),
    };
  }
}

/** Somebody who looks the same in every picture, but for the motion. */
function personOf(...seeds: readonly (number | string)[]) {
  const traits: Traits = drawTraits(new Random('person', ...seeds));
  return {
    traits,
    motion: drawMotion(...seeds),
    /** Strands, folds and background; the same ones each time. */
    drawing: () => new Random('drawing', ...seeds),
  };
}

interface ForgeOptions {
  readonly source: ClipOrder['source'];
  readonly random: Random;
  /** The face of a donor in place of that of the person. */
  readonly donor: Raster | undefined;
}

function forge(
  scene: Raster,
  traits: Traits,
  { source, random, donor }: ForgeOptions,
): { readonly image: Raster; readonly mask?: Float32Array } {
  switch (source) {
    case 'real':
      return { image: scene };
    case 'upsampled':
      return { image: leaveTrace(scene, random) };
    case 'blended':
    case 'swapped': {
      const blend = blendFace(scene, traits, random, donor);
      return { image: blend.scene, mask: blend.mask };
    }
  }
}

/** The wall between two people, as a video call shows it. */
const wall = { r: 38, g: 40, b: 44 };

/** A picture of a person, or of one with a guest of half the size at the right. */
async function compose([person, guest]: readonly Raster[], quality: number): Promise<Buffer> {
  const { size } = person!;
  const canvas = sharp({
    create: {
      width: guest === undefined ? size : widthWithGuest(size),
      height: size,
      channels: 3,
      background: wall,
    },
  });
  const placeAt = (raster: Raster, left: number, top: number) => ({
    input: Buffer.from(toBytes(raster)),
    raw: { width: raster.size, height: raster.size, channels: 3 as const },
    left,
    top,
  });
  const beside = guest === undefined ? [] : [placeAt(guest, size, Math.floor(size / 4))];
  const composed = canvas.composite([placeAt(person!, 0, 0), ...beside]);
  return await composed.jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
}

const guestSize = (size: number): number => Math.floor(size / 2);

const widthWithGuest = (size: number): number => size + guestSize(size);

async function maskFile(mask: Float32Array, size: number, hasGuest: boolean): Promise<Buffer> {
  const grey = Uint8Array.from(mask, (share) => Math.round(share * 255));
  const image = sharp(grey, { raw: { width: size, height: size, channels: 1 } });
  const whole = hasGuest
    ? image.extend({ right: widthWithGuest(size) - size, background: { r: 0, g: 0, b: 0 } })
    : image;
  return await whole.toColourspace('b-w').png().toBuffer();
}
