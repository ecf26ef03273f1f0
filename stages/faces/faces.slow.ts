import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { sha256 } from '../../src/digest.ts';
import { PieceFiles } from '../../src/engine/store/piece-files.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { decodeImage } from '../../src/learning/vision/decode-image.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Real photographs: those of the demo of `@vladmandic/face-api`. */
const demo = join(
  dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
  'demo',
);

/** The rows of a CSV output, by column. */
function rowsOf(bench: StageBench, port: 'faces' | 'missing') {
  const text = readFileSync(bench.output(port, spec.outputs[port]), 'utf8');
  const [header, ...records] = [...csvRecords(text)].map(({ fields }) => fields);
  return records.map((fields) =>
    Object.fromEntries(header!.map((name, i) => [name, fields[i]!] as const)),
  );
}

const samplesOf = (bench: StageBench, split: string) => {
  using dataset = openDataset(bench.output('dataset'));
  return dataset.split(split).samples;
};

/** A frame of 640 x 480 that shows a part of a photograph of 1920 pixels, half as large. */
const frameOf = (picture: string, left: number, top: number): Promise<Buffer> =>
  sharp(join(demo, picture))
    .extract({ left, top, width: 1280, height: 960 })
    .resize(640, 480)
    .png()
    .toBuffer();

const blackFrame = (): Promise<Buffer> =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: '#000' } })
    .png()
    .toBuffer();

interface Video {
  readonly name: string;
  readonly label: 0 | 1;
  readonly frames: readonly Buffer[];
}

function writeVideos(folder: string, videos: readonly Video[]): string {
  rmSync(folder, { recursive: true, force: true });
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: ['train'] });
  for (const { name, label, frames } of videos) {
    const source = label === 0 ? 'real' : 'fake';
    if (frames.length === 0)
      writer.addMissing('train', { video: name, label, source, reason: 'it is cut short' });
    for (const [frame, bytes] of frames.entries()) {
      const key = `${name}/${frame}`;
      writer.add(
        'train',
        {
          key,
          label,
          source,
          path: `${key}.png`,
          group: name,
          video: name,
          frame,
          time: frame / 2,
          width: 640,
          height: 480,
        },
        bytes,
      );
    }
  }
  writer.finish();
  return folder;
}

suite('faces of photographs and videos', () => {
  let folder: string;
  let panning: readonly Buffer[];
  let others: readonly Buffer[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'faces-'));
    // Two people, while the camera moves to the right until one of them has left.
    panning = await Promise.all([0, 120, 560].map((left) => frameOf('sample1.jpg', left, 160)));
    others = await Promise.all([0, 40].map((left) => frameOf('sample6.jpg', left, 200)));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('pictures in folders become upright crops that lead back to the pixels of their pictures', async () => {
    const root = join(folder, 'pictures');
    mkdirSync(join(root, 'party'), { recursive: true });
    mkdirSync(join(root, 'empty'));
    writeFileSync(join(root, 'party', 'a.jpg'), readFileSync(join(demo, 'sample1.jpg')));
    // Its name is that of the first crop of the other picture.
    const right = { left: 1300, top: 0, width: 620, height: 800 };
    const person = await sharp(join(demo, 'sample1.jpg')).extract(right).png().toBuffer();
    writeFileSync(join(root, 'party', 'a-1.png'), person);
    writeFileSync(join(root, 'party', 'torn.png'), (await blackFrame()).subarray(0, 300));
    writeFileSync(join(root, 'empty', 'black.png'), await blackFrame());
    using bench = new StageBench();
    await bench.run(spec, run, { inputs: { images: root }, with: { pick: 'all' } });

    const samples = samplesOf(bench, 'all');
    assert.deepEqual(
      samples.map(({ key, class: name, width }) => [key, name, width]),
      [
        ['party/a-1-1', 'party', 256],
        ['party/a-1', 'party', 256],
        ['party/a-2', 'party', 256],
        ['party/a-3', 'party', 256],
      ],
    );
    const missing = rowsOf(bench, 'missing');
    assert.deepEqual(
      missing.map(({ path, reason }) => [path, reason!.split(':')[0]]),
      [
        ['empty/black.png', 'no face'],
        ['party/torn.png', 'it cannot be decoded'],
      ],
    );
    assert.deepEqual(bench.infos, ['2 of 4 images have no crop: the output `missing` says why.']);
    assert.deepEqual(bench.warnings, []);

    // The middle of the crop shows what lies there in the picture.
    using dataset = openDataset(bench.output('dataset'));
    for (const [index, { face }] of samples.entries()) {
      const picture = await decodeImage(readFileSync(join(root, face!.image)));
      const crop = await decodeImage(await dataset.split('all').read(index));
      const [a, b, dx, dy] = face!.toImage as [number, number, number, number];
      const column = Math.floor(a * 128.5 - b * 128.5 + dx);
      const row = Math.floor(b * 128.5 + a * 128.5 + dy);
      const from = (row * picture.width + column) * 3;
      const middle = (128 * 256 + 128) * 3;
      const difference = [0, 1, 2].map((channel) =>
        Math.abs(picture.pixels[from + channel]! - crop.pixels[middle + channel]!),
      );
      assert.ok(Math.max(...difference) < 30, `${difference} at ${column}, ${row}`);
    }
    // Both eyes lie at one height in the crop: the mean of 37 to 42 and of 43 to 48.
    for (const [index, row] of rowsOf(bench, 'faces').entries()) {
      const numbers = row['landmarks']!.split(' ').map(Number);
      assert.equal(numbers.length, 136);
      const [a, b, dx, dy] = samples[index]!.face!.toImage as [number, number, number, number];
      const heights = [36, 42].map((first) => {
        const eye = [0, 1, 2, 3, 4, 5].map((i) => {
          const x = numbers[2 * (first + i)]! - dx;
          const y = numbers[2 * (first + i) + 1]! - dy;
          return (a * y - b * x) / (a * a + b * b);
        });
        return eye.reduce((sum, value) => sum + value, 0) / 6;
      });
      assert.ok(Math.abs(heights[0]! - heights[1]!) < 16, `eyes at ${heights}`);
    }
  });

  test('people keep their tracks through a video, and one number in all videos where persons are asked for', async () => {
    const images = writeVideos(join(folder, 'persons'), [
      { name: 'real/pan.mp4', label: 0, frames: panning },
      { name: 'fake/again.mp4', label: 1, frames: [panning[1]!, panning[0]!] },
      { name: 'real/others.mp4', label: 0, frames: others },
    ]);
    using bench = new StageBench();
    const settings = { pick: 'all', persons: true, crop: { margin: 0.3 } };
    await bench.run(spec, run, { inputs: { images }, with: settings });
    const faces = rowsOf(bench, 'faces');
    const personsIn = (video: string) =>
      new Set(faces.filter((row) => row['video'] === video).map((row) => row['person']));
    const panned = personsIn('real/pan.mp4');
    assert.deepEqual([...personsIn('fake/again.mp4')].sort(), [...panned].slice(0, 2).sort());
    assert.ok([...personsIn('real/others.mp4')].every((person) => !panned.has(person)));
    for (const row of faces) {
      assert.match(row['person']!, /^\d{6}$/);
      // A person has one track in a video.
      const same = faces.filter(
        ({ video, track }) => video === row['video'] && track === row['track'],
      );
      assert.ok(same.every(({ person }) => person === row['person']));
    }
    const samples = samplesOf(bench, 'train');
    assert.deepEqual(
      samples.map(({ slices }) => slices!['person']),
      faces.map(({ person }) => person),
    );

    const numbers = faces.map(({ person }) => person);
    await bench.run(spec, run, { inputs: { images }, with: { ...settings, seed: 8 } });
    const redrawn = rowsOf(bench, 'faces').map(({ person }) => person);
    assert.ok(redrawn.every((person) => !numbers.includes(person)));
  });

  test('descriptors stay among the pieces: no output holds one', async () => {
    const images = writeVideos(join(folder, 'private'), [
      { name: 'real/pan.mp4', label: 0, frames: panning.slice(0, 1) },
      { name: 'fake/others.mp4', label: 1, frames: others.slice(0, 1) },
    ]);
    using bench = new StageBench();
    const cache = join(bench.root, 'cache');
    const pieces = new PieceFiles(cache, { base: sha256('faces'), isFresh: false }, assert.fail);
    await bench.run(spec, run, { inputs: { images }, pieces, with: { persons: true } });
    const textsIn = (root: string) =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const descriptors = textsIn(join(cache, 'pieces')).flatMap((text) =>
      [...text.matchAll(/\\"descriptor\\":\\"([^"\\]+)\\"/g)].map(([, base64]) => base64!),
    );
    assert.ok(descriptors.length >= 4, `${descriptors.length} descriptors`);
    for (const text of textsIn(join(bench.root, 'outputs'))) {
      for (const base64 of descriptors) {
        const bytes = Buffer.from(base64, 'base64');
        const values = new Float32Array(new Uint8Array(bytes).buffer);
        for (const form of [
          base64,
          bytes.toString('latin1'),
          ...[...values.slice(0, 3)].map(String),
        ])
          assert.ok(!text.includes(form));
      }
    }
  });

  test('one more video is searched alone, another margin only cuts again, and the bytes are those of a fresh run', async () => {
    const two = [
      { name: 'real/pan.mp4', label: 0, frames: panning },
      { name: 'fake/others.mp4', label: 1, frames: others },
    ] as const;
    const third = {
      name: 'real/b.mp4',
      label: 0,
      frames: [panning[0]!, await blackFrame()],
    } as const;
    using bench = new StageBench();
    const pieces = new PieceFiles(
      join(bench.root, 'cache'),
      { base: sha256('faces'), isFresh: false },
      assert.fail,
    );
    const images = writeVideos(join(folder, 'more'), two);
    const logged = () => bench.logs.splice(0).filter((line) => line.includes('before'));
    await bench.run(spec, run, { inputs: { images }, pieces, with: { pick: 'track' } });
    assert.deepEqual(logged(), []);

    writeVideos(images, [...two, third]);
    await bench.run(spec, run, { inputs: { images }, pieces, with: { pick: 'track' } });
    assert.deepEqual(logged(), ['5 images of 7 were searched for faces before.']);
    const kept = readFileSync(join(bench.output('dataset'), 'train', 'samples.json'), 'utf8');

    const wider = { pick: 'track', align: { margin: 0.6 } };
    await bench.run(spec, run, { inputs: { images }, pieces, with: wider });
    assert.deepEqual(logged(), ['7 images of 7 were searched for faces before.']);
    assert.notEqual(
      readFileSync(join(bench.output('dataset'), 'train', 'samples.json'), 'utf8'),
      kept,
    );

    await bench.run(spec, run, { inputs: { images }, with: { pick: 'track' } });
    assert.equal(
      readFileSync(join(bench.output('dataset'), 'train', 'samples.json'), 'utf8'),
      kept,
    );
  });

  test('a video without a face is named with its class, and does not vanish', async () => {
    const images = writeVideos(join(folder, 'missing'), [
      { name: 'real/pan.mp4', label: 0, frames: panning },
      { name: 'fake/black.mp4', label: 1, frames: [await blackFrame()] },
      { name: 'fake/cut.mp4', label: 1, frames: [] },
    ]);
    using bench = new StageBench();
    await bench.run(spec, run, { inputs: { images } });
    using dataset = openDataset(bench.output('dataset'));
    const damaged = {
      video: 'fake/cut.mp4',
      label: 1,
      class: 'fake',
      source: 'fake',
      reason: 'it is cut short',
    };
    assert.deepEqual(dataset.split('train').missing(), [
      damaged,
      {
        video: 'fake/black.mp4',
        label: 1,
        class: 'fake',
        source: 'fake',
        group: 'fake/black.mp4',
        reason: 'no frame shows a face',
      },
    ]);
    assert.deepEqual(
      rowsOf(bench, 'missing').map(({ video, frame, reason }) => [video, frame, reason]),
      [
        ['fake/black.mp4', '0', 'no face'],
        ['fake/cut.mp4', '', 'it is cut short'],
        ['fake/black.mp4', '', 'no frame shows a face'],
      ],
    );
    const chart = readFileSync(join(bench.output('leftOut'), 'chart.vl.json'), 'utf8');
    assert.match(chart, /1 of 1 image, one of each video; boxes are what/);
    const boxes = readFileSync(join(bench.output('boxes'), 'chart.vl.json'), 'utf8');
    assert.match(boxes, /real: 1 of 3 images with a crop/);
    assert.deepEqual(bench.infos, [
      '1 of 4 images has no crop, and 2 videos have none at all: the output `missing` says why.',
    ]);
    await bench.run(spec, run, { inputs: { images }, with: { minSize: 9000 } }).then(
      () => assert.fail('expected a failure'),
      (error: unknown) => {
        assert.ok(error instanceof StageError);
        assert.equal(
          error.message,
          'Expected faces, but none of 4 images shows one of 9000 pixels with a score of 0.5 or more; `minSize` and `minScore` lower that.',
        );
      },
    );
  });

  test('a blurred face whose landmarks collapse is left out with its reason, and cut where nothing is aligned', async () => {
    const images = writeVideos(join(folder, 'blurred'), [
      { name: 'real/pan.mp4', label: 0, frames: panning.slice(0, 1) },
      {
        name: 'fake/blurred.mp4',
        label: 1,
        frames: [await sharp(join(demo, 'sample1.jpg')).resize(640).blur(3).png().toBuffer()],
      },
    ]);
    using bench = new StageBench();
    await bench.run(spec, run, { inputs: { images } });
    assert.deepEqual(
      rowsOf(bench, 'missing').map(({ video, frame, reason }) => [video, frame, reason]),
      [
        ['fake/blurred.mp4', '0', 'its landmarks do not fit its box'],
        ['fake/blurred.mp4', '', 'no frame shows a face whose landmarks fit its box'],
      ],
    );
    assert.deepEqual(
      samplesOf(bench, 'train').map(({ video }) => video),
      ['real/pan.mp4'],
    );
    const problems = rowsOf(bench, 'faces').filter(({ problem }) => problem !== '');
    assert.deepEqual(
      problems.map(({ video, crop, problem }) => [video, crop, problem]),
      [['fake/blurred.mp4', '', 'its landmarks do not fit its box']],
    );
    await bench.run(spec, run, { inputs: { images }, with: { crop: {} } });
    assert.deepEqual(rowsOf(bench, 'missing'), []);
  });

  test('the face that a mask covers is picked, though another one is larger and seen longer', async () => {
    const images = writeVideos(join(folder, 'masked'), [
      { name: 'fake/pan.mp4', label: 1, frames: panning },
      { name: 'real/others.mp4', label: 0, frames: others },
    ]);
    using all = new StageBench();
    await all.run(spec, run, { inputs: { images }, with: { pick: 'all' } });
    const shortest = rowsOf(all, 'faces').find(
      ({ video, frame, left }) => video === 'fake/pan.mp4' && frame === '0' && Number(left) < 300,
    )!;
    const masks = join(folder, 'masks');
    mkdirSync(join(masks, 'fake', 'pan.mp4'), { recursive: true });
    const half = (edge: string) => Math.round(Number(shortest[edge]) / 2);
    const left = half('left');
    const top = half('top');
    const white = await sharp({
      create: {
        width: half('right') - left,
        height: half('bottom') - top,
        channels: 3,
        background: '#fff',
      },
    })
      .png()
      .toBuffer();
    // A mask of half the size of its frame.
    await sharp({ create: { width: 320, height: 240, channels: 3, background: '#000' } })
      .composite([{ input: white, left, top }])
      .png()
      .toFile(join(masks, 'fake', 'pan.mp4', '0.png'));
    using bench = new StageBench();
    await bench.run(spec, run, { inputs: { images, masks }, with: { pick: 'mask' } });
    const picked = rowsOf(bench, 'faces').filter(({ crop }) => crop !== '');
    const tracks = new Set(
      picked.filter(({ video }) => video === 'fake/pan.mp4').map(({ track }) => track),
    );
    assert.deepEqual([...tracks], [shortest['track']]);
    assert.ok(picked.some(({ video }) => video === 'real/others.mp4'));
  });
});
