import sharp from 'sharp';
import { Random } from '../../src/random.ts';
import { blendFace } from './blend-face.ts';
import { photograph, sitForPortrait } from './photograph.ts';
import type { Forgery } from './spec.ts';
import { leaveTrace } from './upsample-trace.ts';

/** What is to be made: everything that a picture depends on. */
export interface Order {
  readonly split: string;
  readonly source: 'real' | Forgery;
  /** Counts within the source. */
  readonly number: number;
  readonly size: number;
  readonly quality: number;
  readonly seed: number;
}

interface Picture {
  readonly jpeg: Buffer;
  /** Where a blended picture was forged: a grey PNG, white where replaced. */
  readonly mask?: Buffer;
}

/**
 * Makes one picture, a function of its order alone. Everyone sits once: no real picture shows the person, or has the
 * noise, of a forged one.
 */
export async function makePicture({ split, source, number, size, quality, seed }: Order): Promise<Picture> {
  const random = new Random('make-faces', seed, split, source, number);
  const { traits, scene } = await sitForPortrait(random, size);
  switch (source) {
    case 'real':
      return { jpeg: await photograph(scene, random, quality) };
    case 'upsampled':
      return { jpeg: await photograph(leaveTrace(scene, random), random, quality) };
    case 'blended': {
      const blend = blendFace(scene, traits, random);
      const grey = Uint8Array.from(blend.mask, (share) => Math.round(share * 255));
      const mask = sharp(grey, { raw: { width: size, height: size, channels: 1 } })
        .toColourspace('b-w')
        .png();
      return { jpeg: await photograph(blend.scene, random, quality), mask: await mask.toBuffer() };
    }
  }
}
