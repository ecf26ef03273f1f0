import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { auc } from '../../src/learning/metrics/ranking/auc.ts';
import { countAtThresholds } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { Random } from '../../src/random.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { blendFace, leaveTrace, tracePeriod } from './forgeries.ts';
import { photograph, sitForPortrait } from './photograph.ts';
import { type Raster, toBytes } from './raster.ts';
import run, { makePicture, ordersOf } from './run.ts';
import { spec } from './spec.ts';

const size = 128;
const count = 60;

interface Taken {
  readonly jpeg: Buffer;
  readonly scene: Raster;
}

/** The same people in all three forms, so that only the forgery differs. */
const people = await (async () => {
  const taken = {
    real: [] as Taken[],
    blended: [] as Taken[],
    upsampled: [] as Taken[],
    masks: [] as Float32Array[],
  };
  const sit = (person: number) => sitForPortrait(new Random('person', person), size);
  const numbers = Array.from({ length: count }, (_, person) => person);
  let person = 0;
  for await (const { scene, traits } of mapParallel(numbers, 4, sit)) {
    const blend = blendFace(scene, traits, new Random('forgery', person));
    taken.masks.push(blend.mask);
    const scenes = {
      real: scene,
      blended: blend.scene,
      upsampled: leaveTrace(scene, new Random('forgery', person)),
    };
    for (const form of ['real', 'blended', 'upsampled'] as const) {
      const jpeg = await photograph(scenes[form], new Random('camera', person, form), 92);
      taken[form].push({ jpeg, scene: scenes[form] });
    }
    person++;
  }
  return taken;
})();

/** How well a number separates forged from real pictures: 0.5 is not at all. */
async function aucOf(
  forged: 'blended' | 'upsampled',
  measure: (taken: Taken) => number | Promise<number>,
) {
  const all = [...people.real, ...people[forged]];
  const scores = await Promise.all(all.map(measure));
  return auc(
    countAtThresholds(
      all.map((_, index) => (index < count ? 0 : 1)),
      scores,
    ),
  );
}

const luma = async ({ jpeg }: Taken) => sharp(jpeg).toColourspace('b-w').raw().toBuffer();

/** Size of the spectrum's two peaks at the period of the trace. */
async function tracePeak(taken: Taken): Promise<number> {
  const pixels = await luma(taken);
  let across: readonly [number, number] = [0, 0];
  let down: readonly [number, number] = [0, 0];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const value = pixels[y * size + x]!;
      const alongX = (2 * Math.PI * x) / tracePeriod;
      const alongY = (2 * Math.PI * y) / tracePeriod;
      across = [across[0] + value * Math.cos(alongX), across[1] + value * Math.sin(alongX)];
      down = [down[0] + value * Math.cos(alongY), down[1] + value * Math.sin(alongY)];
    }
  }
  return Math.hypot(...across) + Math.hypot(...down);
}

test('file size and brightness do not separate forged from real pictures', async () => {
  const brightness = async (taken: Taken) =>
    (await luma(taken)).reduce((sum, value) => sum + value, 0);
  for (const forged of ['blended', 'upsampled'] as const) {
    for (const [name, measure] of [
      ['size', ({ jpeg }: Taken) => jpeg.length],
      ['brightness', brightness],
    ] as const) {
      const got = await aucOf(forged, measure);
      assert.ok(Math.abs(got - 0.5) < 0.1, `${name} of ${forged}: AUC ${got}`);
    }
  }
});

test('every picture has the same quantisation tables, size and form', () => {
  // Everything before the scan's data, but for the Huffman tables, which follow the picture.
  const tables = ({ jpeg }: Taken) => {
    const found: string[] = [];
    for (let at = 2; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
      if (jpeg[at + 1] !== 0xc4)
        found.push(jpeg.toString('hex', at, at + 2 + jpeg.readUInt16BE(at + 2)));
    }
    return found.join();
  };
  const all = [...people.real, ...people.blended, ...people.upsampled].map(tables);
  assert.match(all[0]!, /ffdb/);
  assert.equal(new Set(all).size, 1);
});

test('the trace of upsampling shows in the spectrum, and nowhere in blended pictures', async () => {
  const upsampled = await aucOf('upsampled', tracePeak);
  assert.ok(upsampled > 0.9, `AUC ${upsampled}`);
  const blended = await aucOf('blended', tracePeak);
  assert.ok(Math.abs(blended - 0.5) < 0.15, `AUC ${blended}`);
});

test('a blended picture differs from its portrait inside its mask and nowhere else', () => {
  for (const [person, mask] of people.masks.entries()) {
    const before = people.real[person]!.scene.values;
    const after = people.blended[person]!.scene.values;
    let inside = 0;
    let area = 0;
    for (let pixel = 0; pixel < mask.length; pixel++) {
      const difference = Math.abs(before[pixel * 3 + 1]! - after[pixel * 3 + 1]!);
      if (mask[pixel] === 0) assert.equal(difference, 0);
      if (mask[pixel] === 1) inside += difference;
      if (mask[pixel] === 1) area++;
    }
    assert.ok(area > 0.03 * mask.length, `person ${person}: ${area} pixels`);
    assert.ok(inside / area > 1, `person ${person}: mean difference ${inside / area}`);
  }
});

test('the folder has every picture, mask and a list, in the same bytes each time', async () => {
  using bench = new StageBench();
  const settings = { images: { train: 3, test: 1 }, size: 64 };
  const files = async () => {
    await bench.run(spec, run, { with: settings });
    const names = readdirSync(bench.output('faces'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.includes('.'),
    );
    return new Map(
      names.sort().map((name) => [name, readFileSync(join(bench.output('faces'), name), 'base64')]),
    );
  };
  const first = await files();
  assert.deepEqual(
    [...first.keys()],
    [
      'README.txt',
      'manifest.csv',
      'masks/test/fake/blended/00000.png',
      'masks/train/fake/blended/00000.png',
      'masks/train/fake/blended/00001.png',
      'test/fake/blended/00000.jpg',
      'test/real/00000.jpg',
      'train/fake/blended/00000.jpg',
      'train/fake/blended/00001.jpg',
      'train/fake/upsampled/00000.jpg',
      'train/real/00000.jpg',
      'train/real/00001.jpg',
      'train/real/00002.jpg',
    ],
  );
  const list = [...csvRecords(Buffer.from(first.get('manifest.csv')!, 'base64').toString())];
  assert.deepEqual(list[4]!.fields, [
    'train/fake/blended/00000.jpg',
    'fake',
    'train',
    'blended',
    'masks/train/fake/blended/00000.png',
  ]);
  assert.equal(list.length, 1 + 8);
  assert.deepEqual(await files(), first);
});

test('a picture is the same, however many are made at once and in any order', async () => {
  const sources = ['real', 'blended', 'upsampled'] as const;
  const orders = sources.flatMap((source) =>
    [0, 1].map((number) => ({ split: 'train', source, number, size: 64, quality: 92, seed: 7 })),
  );
  const atOnce = await Promise.all(orders.map(makePicture));
  const alone = [];
  for (const order of orders.toReversed()) alone.unshift(await makePicture(order));
  assert.deepEqual(atOnce, alone);
  assert.equal(new Set(atOnce.map(({ jpeg }) => jpeg.toString('base64'))).size, orders.length);
});

test('there are as many forged pictures as real ones, of each sort about as many', () => {
  const { images, ...rest } = spec.settings.parse({ images: { train: 5 } });
  const counts = new Map<string, number>();
  for (const { source } of ordersOf({ images, ...rest }))
    counts.set(source, (counts.get(source) ?? 0) + 1);
  assert.deepEqual(
    [...counts],
    [
      ['real', 5],
      ['blended', 3],
      ['upsampled', 2],
    ],
  );
});

test('all traits can be drawn', async () => {
  for (let person = 0; person < 40; person++) {
    const { scene } = await sitForPortrait(new Random('traits', person), 32);
    assert.equal(toBytes(scene).length, 32 * 32 * 3);
    assert.ok(scene.values.every(Number.isFinite));
  }
});

test('a clip moves one person, whose swapped twin shows the face of a donor and is of one family', async () => {
  using bench = new StageBench();
  const settings = { images: { train: 4, test: 3 }, frames: 3, size: 64, forgeries: ['swapped'] };
  const made = async () => {
    await bench.run(spec, run, { with: settings });
    const folder = bench.output('faces');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => /\.\w+$/.test(name)).sort();
    return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
  };
  const files = await made();
  const rows = [...csvRecords(files.get('manifest.csv')!.toString())].map(({ fields }) => fields);
  assert.equal(rows[0]!.join(), 'path,label,split,source,mask,group,target,donor');
  const clips = new Map(
    rows.slice(1).map(([path, , , , , group, target, donor]) => {
      return [path!.replace(/\/\d+\.jpg$/, ''), [group, target, donor].join(' ')];
    }),
  );
  assert.deepEqual(Object.fromEntries(clips), {
    'train/real/00000': '00000 0 ',
    'train/real/00001': '00000 1 ',
    'train/real/00002': '00002 2 ',
    'train/real/00003': '00002 3 ',
    'train/fake/swapped/00000_00001': '00000 0 1',
    'train/fake/swapped/00001_00000': '00000 1 0',
    'train/fake/swapped/00002_00003': '00002 2 3',
    'train/fake/swapped/00003_00002': '00002 3 2',
    'test/real/00004': '00004 4 ',
    'test/real/00005': '00004 5 ',
    'test/real/00006': '00004 6 ',
    'test/fake/swapped/00004_00005': '00004 4 5',
    'test/fake/swapped/00005_00004': '00004 5 4',
    'test/fake/swapped/00006_00005': '00004 6 5', // of three, the last one gets the second's face
  });
  assert.equal(rows.length, 1 + 14 * 3);
  const pixelsOf = async (name: string) =>
    await sharp(files.get(name)!).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const guest = await pixelsOf('train/real/00003/000.jpg');
  assert.deepEqual([guest.info.width, guest.info.height], [96, 64]);
  const difference = (a: Buffer, b: Buffer) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  const real = await pixelsOf('train/real/00000/000.jpg');
  const later = await pixelsOf('train/real/00000/002.jpg');
  assert.ok(difference(real.data, later.data) > 3, 'the head has moved');
  const swapped = await pixelsOf('train/fake/swapped/00000_00001/000.jpg');
  const mask = await sharp(files.get('masks/train/fake/swapped/00000_00001/000.png')!)
    .raw()
    .toBuffer();
  const inside = (wanted: boolean) => {
    const values = [...real.data.keys()].filter((i) => mask[i] === (wanted ? 255 : 0));
    const changes = values.map((i) => Math.abs(real.data[i]! - swapped.data[i]!));
    return changes.reduce((a, b) => a + b, 0) / values.length;
  };
  assert.ok(inside(true) > 2 * inside(false), `${inside(true)} and ${inside(false)}`);
  assert.deepEqual(await made(), files);
});

test('people who swap faces are two or more', () => {
  const settings = spec.settings.parse({ images: { train: 1 }, frames: 2, forgeries: ['swapped'] });
  assert.deepEqual(spec.check!(settings, new Set()), [
    {
      at: ['images', 'train'],
      message: 'expected two people or more, who swap their faces, got one',
    },
  ]);
});
