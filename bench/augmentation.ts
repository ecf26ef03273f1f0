/**
 * The processor time that each augmentation takes for an image.
 *
 *     node --import tsx bench/augmentation.ts [pixels a side] [rounds]
 *
 * Medians of rounds in which each change, with its default range, is applied to the same 32 noisy
 * images.
 */
import { type Augmentation, augmentImage } from '../src/learning/vision/augment/augment-image.ts';
import { augmentSettings } from '../src/learning/vision/augment/augment-settings.ts';
import type { DecodedImage } from '../src/learning/vision/decode-image.ts';
import { Random } from '../src/random.ts';
import { median } from './runner/interleave.ts';

const [side = '256', rounds = '9'] = process.argv.slice(2);
const size = { width: Number(side), height: Number(side) };
const images: readonly DecodedImage[] = Array.from({ length: 32 }, (_, seed) => {
  const random = new Random(seed);
  return {
    ...size,
    pixels: Uint8Array.from({ length: size.width * size.height * 3 }, () => random.integer(256)),
  };
});

const colour = { brightness: 0.2, contrast: 0.2, saturation: 0.2 };
const changes = {
  'crop and flip': { cutout: { side: [0, 0] } }, // these two apply as soon as any other does
  colour: { colour: { ...colour, hue: 0.02 } },
  'colour without hue': { colour },
  blur: { blur: {} },
  noise: { noise: {} },
  downscale: { downscale: {} },
  cutout: { cutout: {} },
  mixup: { mixup: {} },
  jpeg: { jpeg: {} },
};

/** Milliseconds of processor time for an image, with the threads of libvips. */
async function costOf(augment: Augmentation): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < images.length; index++) {
    await augmentImage(augment, index, {
      count: images.length,
      decode: async (index) => images[index]!,
    });
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / images.length;
}

const costs = new Map(Object.keys(changes).map((name) => [name, [] as number[]]));
for (let round = -1; round < Number(rounds); round++) {
  for (const [name, change] of Object.entries(changes)) {
    const always = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, { probability: 1, ...value }]),
    );
    const cost = await costOf({ ...augmentSettings.parse(always), seed: 7, epoch: round });
    if (round >= 0) costs.get(name)!.push(cost);
  }
}
const cropAndFlip = median(costs.get('crop and flip')!);
for (const [name, values] of costs) {
  const cost = median(values) - (name === 'crop and flip' ? 0 : cropAndFlip);
  console.log(`${name.padEnd(20)}${cost.toFixed(2)} ms an image`);
}
