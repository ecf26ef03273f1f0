import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DatasetWriter } from './dataset-writer.ts';
import { openDataset } from './open-dataset.ts';

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'restage-dataset-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Image {
  readonly key: string;
  readonly label: number;
  readonly bytes: Uint8Array;
}

function write(folder: string, images: readonly Image[], shardBytes?: number): void {
  const options = { classes: ['real', 'fake'], splits: ['train', 'test'] };
  using writer = new DatasetWriter(
    folder,
    shardBytes === undefined ? options : { ...options, shardBytes },
  );
  for (const { key, label, bytes } of images) {
    writer.add(
      'train',
      { key, label, source: 'made', path: `${key}.jpg`, width: 3, height: 2 },
      bytes,
    );
  }
  writer.finish();
}

/** Keys as paths have them: long ones, folders, other scripts. */
const key = fc
  .array(fc.stringMatching(/^[a-z_äж ]{1,60}$/u), { minLength: 1, maxLength: 6 })
  .map((names) => names.join('/'));
/** Small, or about as large as what is written at once. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .integer({ min: 100_000, max: 300_000 })
    .map((length) => new Uint8Array(length).fill(length % 251)),
);
const image = fc.record({ key, label: fc.nat(1), bytes });
const images = fc.uniqueArray(image, { selector: ({ key }) => key, maxLength: 12 });

test('every image is read back as it was written, from whichever shard', async () => {
  const shardBytes = fc.constantFrom(1, 4096, 2 ** 20);
  await fc.assert(
    fc.asyncProperty(images, shardBytes, async (written, limit) => {
      const folder = mkdtempSync(join(tmpdir(), 'restage-dataset-'));
      write(folder, written, limit);
      using dataset = openDataset(folder);
      const { samples } = dataset.split('train');
      assert.deepEqual(
        samples.map(({ key }) => key),
        written.map(({ key }) => key),
      );
      assert.deepEqual(dataset.split('test').samples, []);
      for (const [index, { bytes }] of written.entries()) {
        assert.deepEqual(new Uint8Array(await dataset.split('train').read(index)), bytes);
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 30 },
  );
});

test('tar lists and unpacks the shards', () => {
  fc.assert(
    fc.property(images, (written) => {
      if (written.length === 0) return;
      inFolder((folder) => {
        write(folder, written);
        execFileSync('tar', [
          'xf',
          join(folder, 'train', '00000.tar'),
          '--one-top-level=out',
          '-C',
          folder,
        ]);
        for (const { key, label, bytes } of written) {
          assert.deepEqual(new Uint8Array(readFileSync(join(folder, 'out', `${key}.jpg`))), bytes);
          assert.equal(readFileSync(join(folder, 'out', `${key}.cls`), 'utf8'), String(label));
        }
      });
    }),
    { numRuns: 8 },
  );
});

test('the same images give the same bytes, whenever they are written', () => {
  const image = (key: string) => ({ key, label: 1, bytes: Buffer.from(key) });
  const digest = () =>
    inFolder((folder) => {
      write(folder, ['a', 'b', 'c'].map(image));
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
      return files.map((file) => [
        file,
        statSync(join(folder, file)).isFile() && readFileSync(join(folder, file), 'latin1'),
      ]);
    });
  assert.deepEqual(digest(), digest());
});

test('a missing split and a folder that is no dataset are reported', () => {
  inFolder((folder) => {
    write(folder, []);
    assert.throws(() => openDataset(folder).split('validation'), {
      name: 'StageError',
      message: 'Expected one of the dataset\'s splits, got "validation". There are train, test.',
    });
    assert.throws(() => openDataset(join(folder, 'train')), {
      name: 'StageError',
      message:
        /^Expected a dataset, as load-dataset leaves one, but .*train has no dataset\.json\. A folder of images/,
    });
  });
});

test('an image that is being read when its data set is closed is read to its end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-dataset-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bytes = new Uint8Array(200_000).fill(7);
  write(folder, [{ key: 'a', label: 0, bytes }], 2 ** 20);
  const dataset = openDataset(folder);
  const reading = dataset.split('train').read(0);
  dataset.close();
  // It takes the number of the file, if that was closed.
  const reused = openSync('/dev/null', 'r');
  t.after(() => closeSync(reused));
  assert.deepEqual(new Uint8Array(await reading), bytes);
});

test('the images of a video may lie in a shard of their own, and a video without images is listed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-dataset-'));
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: ['all'] });
  writeFileSync(writer.shardPath('all', 'a_mp4.tar'), 'xxfirstsecond');
  const frame = (number: number, offset: number, size: number) => ({
    key: `a.mp4/${number}`,
    label: 1,
    source: 'fake',
    path: `a.mp4/${number}.png`,
    group: 'a.mp4',
    video: 'a.mp4',
    frame: number,
    time: number / 25,
    width: 3,
    height: 2,
    offset,
    size,
  });
  writer.addShard('all', 'a_mp4.tar', [frame(0, 2, 5), frame(10, 7, 6)]);
  const reason = 'no frame shows a face';
  writer.addMissing('all', { video: 'b.mp4', label: 0, source: 'real', reason });
  writer.finish();
  using dataset = openDataset(folder);
  const split = dataset.split('all');
  assert.deepEqual(
    split.samples.map(({ video, frame, time, class: name }) => [video, frame, time, name]),
    [
      ['a.mp4', 0, 0, 'fake'],
      ['a.mp4', 10, 0.4, 'fake'],
    ],
  );
  assert.equal((await split.read(1)).toString(), 'second');
  assert.deepEqual(split.missing(), [
    { video: 'b.mp4', label: 0, class: 'real', source: 'real', reason },
  ]);
  rmSync(folder, { recursive: true });
});
