import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { csvLine } from '../../src/csv.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { Random } from '../../src/random.ts';
import type { StageContext } from '../../src/stage.ts';
import {
  type ClipFrame,
  type ClipOrder,
  clipName,
  clipOrders,
  familyName,
  makeClip,
} from './clips.ts';
import { blendFace, leaveTrace } from './forgeries.ts';
import { photograph, portray, sitForPortrait } from './photograph.ts';
import type { Raster } from './raster.ts';
import type { Forgery, MakeFacesSettings } from './spec.ts';
import { drawTraits, inPlaceOf, type Traits } from './traits.ts';

type Context = StageContext<MakeFacesSettings>;

export default async function run(context: Context): Promise<void> {
  const folder = context.output('faces');
  const { frames, forgeries } = context.settings;
  if (frames === undefined) await makePictures(context, folder);
  else await makeClips(context, folder, frames);
  const more = [
    ...(forgeries.includes('swapped') ? [aboutSwapped] : []),
    ...(frames === undefined ? [] : [aboutClips]),
  ];
  write(join(folder, 'README.txt'), [readme, ...more].join('\n'));
}

async function makePictures(context: Context, folder: string): Promise<void> {
  const orders = ordersOf(context.settings);
  const manifest = [csvLine(['path', 'label', 'split', 'source', 'mask'])];
  const make = async (order: Order) => ({ order, picture: await makePicture(order) });
  for await (const { order, picture } of mapParallel(orders, context.cpus + 2, make)) {
    const label = order.source === 'real' ? 'real' : 'fake';
    const name = `${order.split}/${folderOf(order.source)}/${String(order.number).padStart(5, '0')}`;
    const mask = picture.mask === undefined ? '' : `masks/${name}.png`;
    write(join(folder, `${name}.jpg`), picture.jpeg);
    if (picture.mask !== undefined) write(join(folder, mask), picture.mask);
    const done =
      manifest.push(csvLine([`${name}.jpg`, label, order.split, order.source, mask])) - 1;
    context.progress({ done, total: orders.length, unit: 'images' });
  }
  write(join(folder, 'manifest.csv'), manifest.join(''));
}

/** Makes clips, each a folder of numbered pictures. */
async function makeClips(context: Context, folder: string, frames: number): Promise<void> {
  const orders = clipOrders(context.settings, frames);
  const columns = ['path', 'label', 'split', 'source', 'mask', 'group', 'target', 'donor'];
  const manifest = [csvLine(columns)];
  const make = async (order: ClipOrder) => ({ order, pictures: await arrayOf(makeClip(order)) });
  let done = 0;
  for await (const { order, pictures } of mapParallel(orders, context.cpus + 2, make)) {
    const { split, source, target, donor = '' } = order;
    const label = source === 'real' ? 'real' : 'fake';
    const clip = `${split}/${folderOf(source)}/${clipName(order)}`;
    for (const [number, { jpeg, mask }] of pictures.entries()) {
      const name = `${clip}/${String(number).padStart(3, '0')}`;
      const maskPath = mask === undefined ? '' : `masks/${name}.png`;
      write(join(folder, `${name}.jpg`), jpeg);
      if (mask !== undefined) write(join(folder, maskPath), mask);
      const facts = [label, split, source, maskPath, familyName(order), target, donor];
      manifest.push(csvLine([`${name}.jpg`, ...facts]));
    }
    context.progress({ done: ++done, total: orders.length, unit: 'clips' });
  }
  write(join(folder, 'manifest.csv'), manifest.join(''));
}

async function arrayOf(frames: AsyncIterable<ClipFrame>): Promise<readonly ClipFrame[]> {
  const pictures: ClipFrame[] = [];
  for await (const frame of frames) pictures.push(frame);
  return pictures;
}

const folderOf = (source: ClipOrder['source']): string =>
  source === 'real' ? 'real' : `fake/${source}`;

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

const aboutSwapped = `fake/swapped    the face of a donor in the place of the person's own, through the soft mask in masks/
`;

const aboutClips = `Every folder of numbered pictures is a clip. 00003 shows person 3; 00003_00002 shows the face of
person 2 in the clip of person 3, which otherwise it equals. Guests beside a person are in one
clip only. manifest.csv also has the group of people who swap their faces, target and donor.
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
    case 'blended':
    case 'swapped': {
      const donor = source === 'swapped' ? await donorOf(traits, random, size) : scene;
      const blend = blendFace(scene, traits, random, donor);
      const grey = Uint8Array.from(blend.mask, (share) => Math.round(share * 255));
      const mask = sharp(grey, { raw: { width: size, height: size, channels: 1 } })
        .toColourspace('b-w')
        .png();
      return { jpeg: await photograph(blend.scene, random, quality), mask: await mask.toBuffer() };
    }
  }
}

/** The face of somebody else in the place of that of a person. */
function donorOf(target: Traits, random: Random, size: number): Promise<Raster> {
  return portray(inPlaceOf(drawTraits(random), target), random, size);
}
