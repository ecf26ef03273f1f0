import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { csvLine } from '../../src/csv.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { Random } from '../../src/random.ts';
import type { StageContext } from '../../src/stage.ts';
import { blendFace, leaveTrace } from './forgeries.ts';
import { photograph, sitForPortrait } from './photograph.ts';
import type { Forgery, MakeFacesSettings } from './spec.ts';

export default async function run(context: StageContext<MakeFacesSettings>): Promise<void> {
  const folder = context.output('faces');
  const orders = ordersOf(context.settings);
  const manifest = [csvLine(['path', 'label', 'split', 'source', 'mask'])];
  const make = async (order: Order) => ({ order, picture: await makePicture(order) });
  for await (const { order, picture } of mapParallel(orders, context.cpus + 2, make)) {
    const label = order.source === 'real' ? 'real' : 'fake';
    const folderOf = label === order.source ? label : `${label}/${order.source}`;
    const name = `${order.split}/${folderOf}/${String(order.number).padStart(5, '0')}`;
    const mask = picture.mask === undefined ? '' : `masks/${name}.png`;
    write(join(folder, `${name}.jpg`), picture.jpeg);
    if (picture.mask !== undefined) write(join(folder, mask), picture.mask);
    const done =
      manifest.push(csvLine([`${name}.jpg`, label, order.split, order.source, mask])) - 1;
    context.progress({ done, total: orders.length, unit: 'images' });
  }
  write(join(folder, 'manifest.csv'), manifest.join(''));
  write(join(folder, 'README.txt'), readme);
}

/** Every picture to be made: per split the real ones, then the forged ones, sort by sort. */
export function ordersOf({
  images,
  forgeries,
  size,
  quality,
  seed,
}: MakeFacesSettings): readonly Order[] {
  return Object.entries(images).flatMap(([split, count]) => {
    const make = (source: Order['source'], length: number) =>
      Array.from(
        { length },
        (_, number): Order => ({ split, source, number, size, quality, seed }),
      );
    // The first sort takes what does not divide evenly.
    const share = (index: number) => Math.ceil((count - index) / forgeries.length);
    return [
      ...make('real', count),
      ...forgeries.flatMap((forgery, index) => make(forgery, share(index))),
    ];
  });
}

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const readme = `Drawn faces

Nobody here exists: every portrait was drawn by a program, once, for one picture.
This is toy data to try a pipeline on. A network that tells these apart has learned
nothing about photographs of people.

real            a portrait, then sensor noise and JPEG
fake/blended    the face replaced by itself, warped and tinted, through the soft mask in masks/
                (after Self-Blended Images, CVPR 2022), then sensor noise and JPEG
fake/upsampled  a generator's trace with a period of 8 pixels, then sensor noise and JPEG

manifest.csv lists every picture with its label, split, source and mask.
`;

/** Everything that a picture depends on; `number` counts within the source. */
interface Order {
  /** Pixels a side. */
  readonly size: number;
  /** Of the JPEG, on the scale of libjpeg. */
  readonly quality: number;
  readonly seed: number;
  readonly split: string;
  readonly source: 'real' | Forgery;
  readonly number: number;
}

/** `mask` shows where a blended picture was forged: a grey PNG, white where replaced. */
type Picture = { readonly jpeg: Buffer; readonly mask?: Buffer };

/**
 * Makes one picture, a function of its order alone. Each has a person and noise of its own, so no
 * real picture has a forged twin.
 */
export async function makePicture({
  split,
  source,
  number,
  size,
  quality,
  seed,
}: Order): Promise<Picture> {
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
