import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { sha256 } from '../../src/digest.ts';
import { PieceFiles } from '../../src/engine/store/piece-files.ts';
import { facePlaced } from '../../src/learning/faces/parts/testing-schematic-face.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { makePicture } from '../make-faces/run.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Pixels a side of drawn portraits. */
const size = 96;

/** About where the faces of drawn portraits are. */
const landmarks = facePlaced(0.6 * size, { x: 0.2 * size, y: 0.2 * size });

interface Portrait {
  readonly key: string;
  readonly split: string;
  readonly bytes: Buffer;
}

/** Portraits of people who all are drawn once. */
async function portraits(split: string, count: number): Promise<readonly Portrait[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const order = { split, source: 'real', number, size, quality: 92, seed: 3 } as const;
      const { jpeg } = await makePicture(order);
      return { key: `${split}/real/${number}`, split, bytes: jpeg };
    }),
  );
}

/** A data set of portraits in `folder`, with a fake that nobody may forge, and their landmarks. */
function writeInputs(folder: string, all: readonly Portrait[], overrides: Partial<Sample> = {}) {
  const dataset = join(folder, 'set');
  const splits = [...new Set(all.map(({ split }) => split))];
  using writer = new DatasetWriter(dataset, { classes: ['real', 'fake'], splits });
  const known = { source: 'real', width: size, height: size };
  for (const { key, split, bytes } of all)
    writer.add(split, { key, label: 0, path: `${key}.jpg`, ...known, ...overrides }, bytes);
  const [{ split, bytes }] = all as [Portrait];
  const fake = { key: 'fake', label: 1, path: 'fake.jpg', ...known, source: 'other' };
  writer.add(split, fake, bytes);
  writer.finish();
  const points = landmarks.map(({ x, y }) => `${x} ${y}`).join(' ');
  const rows = all.map(({ split, key }) => `${split},${key}.jpg,${key},${points}\n`);
  const faces = join(folder, 'faces.csv');
  writeFileSync(faces, `split,path,crop,landmarks\n${rows.join('')}`);
  return { dataset, faces };
}

/** The rows of the table of forgeries, by column. */
function rowsOf(bench: StageBench) {
  const text = readFileSync(bench.output('forgeries', spec.outputs['forgeries']), 'utf8');
  const [header, ...records] = [...csvRecords(text)].map(({ fields }) => fields);
  return records.map((fields) =>
    Object.fromEntries(header!.map((name, i) => [name, fields[i]!] as const)),
  );
}

/** The images of a split, by their keys. */
async function imagesOf(bench: StageBench, split: string) {
  using dataset = openDataset(bench.output('dataset'));
  const opened = dataset.split(split);
  const images = new Map<string, DecodedImage>();
  for (const [index, { key }] of opened.samples.entries())
    images.set(key, await decodeImage(await opened.read(index)));
  return { samples: opened.samples, images };
}

const maskOf = (bench: StageBench, path: string): Promise<DecodedImage> =>
  decodeImage(readFileSync(join(bench.output('masks'), path)));

/** Files of the outputs as text, whose equality is that of their bytes. */
const bytesOf = (bench: StageBench, ...paths: readonly string[]): readonly string[] =>
  paths.map((path) => readFileSync(join(bench.root, 'outputs', path), 'latin1'));

const all = ['self-blended', 'swap', 'retouch'] as const;

suite('forgeries of drawn portraits', () => {
  let people: readonly Portrait[];
  /** The forgeries of all people by each method, which several tests look at. */
  let forged: StageBench;
  before(async () => {
    people = [...(await portraits('train', 4)), ...(await portraits('val', 3))];
    forged = new StageBench();
    const inputs = writeInputs(forged.root, people, { slices: { camera: 'a' } });
    await forged.run(spec, run, { inputs, with: { methods: all, forgeries: 3 } });
  });
  after(() => forged[Symbol.dispose]());

  test('a forgery differs from its photograph where its mask is, and nowhere else', async () => {
    const rows = rowsOf(forged);
    assert.equal(rows.length, 7 * 3);
    for (const split of ['train', 'val']) {
      const { images } = await imagesOf(forged, split);
      for (const { key, target, mask, share } of rows.filter((row) => row['split'] === split)) {
        const forgery = images.get(key!)!;
        const photograph = images.get(target!)!;
        const levels = await maskOf(forged, mask!);
        let outside = 0;
        let inside = 0;
        let covered = 0;
        for (let i = 0; i < size * size; i++) {
          const differs = [0, 1, 2].some(
            (c) => forgery.pixels[3 * i + c] !== photograph.pixels[3 * i + c],
          );
          const level = levels.pixels[3 * i]!;
          if (level === 0 && differs) outside++;
          if (level >= 128) covered++;
          if (level >= 128 && differs) inside++;
        }
        assert.equal(outside, 0, key);
        assert.ok(inside > 0.5 * covered, `${key}: ${inside} of ${covered}`);
        assert.equal(Number(share), Number((covered / (size * size)).toFixed(6)));
      }
    }
  });

  test('a photograph and its forgeries follow each other in one split and group, encoded alike', async () => {
    const { samples } = await imagesOf(forged, 'val');
    assert.deepEqual(
      samples.slice(0, 4).map(({ key, class: name, group, path }) => [key, name, group, path]),
      [
        ['val/real/0', 'real', 'val/real/0', 'val/real/0.png'],
        ...rowsOf(forged)
          .filter(({ target }) => target === 'val/real/0')
          .map(({ key }) => [key, 'fake', 'val/real/0', `${key}.png`]),
      ],
    );
    assert.ok(samples.every(({ slices }) => slices?.['camera'] === 'a'));
    assert.deepEqual(
      samples.map(({ pair }) => pair),
      samples.map(({ group }) => group),
      'each photograph is alone in its group',
    );
    const sources = new Set(samples.map(({ source }) => source));
    assert.deepEqual([...sources].toSorted(), ['real', 'retouch', 'self-blended', 'swap']);
    const keysOf = (split: string) =>
      people.filter((portrait) => portrait.split === split).map(({ key }) => key);
    for (const { split, method, target, donor } of rowsOf(forged)) {
      assert.ok(keysOf(split!).includes(donor!), `${donor} in ${split}`);
      assert.equal(donor === target, method !== 'swap');
    }
  });

  test('photographs and forgeries are encoded as the files of the photographs, where the user says so', async () => {
    using bench = new StageBench();
    const inputs = writeInputs(bench.root, people);
    await bench.run(spec, run, { inputs, with: { methods: ['swap'], quality: 'same' } });
    using dataset = openDataset(bench.output('dataset'));
    const split = dataset.split('train');
    const given = readJpegTables(people[0]!.bytes)!;
    for (const [index, { path }] of split.samples.entries()) {
      const tables = readJpegTables(await split.read(index))!;
      assert.equal(tables.quality, given.quality);
      assert.equal(tables.subsampling, given.subsampling);
      assert.match(path, /\.jpg$/);
    }
  });

  test('photographs that are no JPEG files stay PNG, and a message says so', async () => {
    using bench = new StageBench();
    const given = await Promise.all(
      people.map(async (portrait) => ({
        ...portrait,
        bytes: await sharp(portrait.bytes).png().toBuffer(),
      })),
    );
    const inputs = writeInputs(bench.root, given);
    await bench.run(spec, run, { inputs, with: { methods: all, quality: 'same' } });
    assert.deepEqual(bench.infos, [
      'No photograph is a JPEG file, so `quality: same` writes PNG, without loss. The kind faces cuts JPEG crops where it has a `quality`.',
    ]);
    const { rows } = bench.highlights[0]!;
    const order = ['train', 'val'].flatMap((split) => all.map((method) => `${split} ${method}`));
    const names = rows.map(([split, method]) => `${split} ${method}`);
    assert.deepEqual(
      names,
      order.filter((name) => names.includes(name)),
    );
  });

  test('the same seed gives the same bytes, and another seed other forgeries of the same photographs', async () => {
    const files = ['dataset/train/00000.tar', 'dataset/train/samples.json', 'forgeries.csv'];
    const made: (readonly string[])[] = [];
    for (const seed of [7, 8]) {
      using bench = new StageBench();
      const inputs = writeInputs(bench.root, people, { slices: { camera: 'a' } });
      await bench.run(spec, run, { inputs, with: { methods: all, forgeries: 3, seed } });
      made.push(bytesOf(bench, ...files));
    }
    assert.deepEqual(made[0], bytesOf(forged, ...files));
    assert.notEqual(made[1]![0], made[0]![0]);
  });

  test('frames of a video are forged by one method, as a video of its own', async () => {
    using bench = new StageBench();
    const inputs = writeInputs(bench.root, people, { video: 'a.mp4', group: 'a.mp4', time: 0 });
    await bench.run(spec, run, { inputs, with: { methods: ['self-blended', 'retouch'] } });
    const { samples } = await imagesOf(bench, 'train');
    const videos = new Set(samples.map(({ video, label }) => `${label} ${video}`));
    const [{ method }] = rowsOf(bench) as [{ method: string }];
    assert.deepEqual([...videos], ['0 a.mp4', `1 a.mp4/${method}`]);
    assert.ok(samples.every(({ group }) => group === 'a.mp4'));
  });

  test('photographs of one person are one group, and each is a pair with its own forgeries', async () => {
    using bench = new StageBench();
    const inputs = writeInputs(bench.root, people, { group: 'anna' });
    await bench.run(spec, run, { inputs, with: { methods: ['retouch'] } });
    const { samples } = await imagesOf(bench, 'val');
    assert.ok(samples.every(({ group }) => group === 'anna'));
    assert.deepEqual(
      samples.map(({ pair }) => pair),
      [0, 0, 1, 1, 2, 2].map((number) => `val/real/${number}`),
    );
  });

  test('a forgery whose name a photograph has gets another one', async () => {
    using bench = new StageBench();
    const given = people.map((portrait, i) =>
      i === 1 ? { ...portrait, key: `${people[0]!.key}/retouch` } : portrait,
    );
    const inputs = writeInputs(bench.root, given);
    await bench.run(spec, run, { inputs, with: { methods: ['retouch'] } });
    const [first, second] = rowsOf(bench);
    assert.deepEqual(
      [first!['key'], first!['mask'], second!['key']],
      [
        'train/real/0/retouch-forged',
        'masks/train/real/0/retouch-forged.png',
        'train/real/0/retouch/retouch',
      ],
    );
  });

  test('one more photograph is forged alone, and takes the face of a few others’ donors at most', async (t) => {
    using bench = new StageBench();
    const scope = { base: sha256('forge'), isFresh: false };
    const pieces = new PieceFiles(join(bench.root, 'cache'), scope, (line) => t.diagnostic(line));
    const forgedAgain = async (methods: readonly string[], given: readonly Portrait[]) => {
      const inputs = writeInputs(bench.root, given);
      await bench.run(spec, run, { inputs, pieces, with: { methods } });
      const [line = `0 photographs of ${given.length} were forged before.`] = bench.logs.splice(0);
      return line;
    };
    const [last, ...others] = people.toReversed();
    const fewer = others.toReversed();
    await forgedAgain(['self-blended'], fewer);
    const before = bytesOf(bench, 'masks/masks/train/real/2/self-blended.png');
    assert.equal(
      await forgedAgain(['self-blended'], [...fewer, last!]),
      '6 photographs of 7 were forged before.',
    );
    assert.deepEqual(bytesOf(bench, 'masks/masks/train/real/2/self-blended.png'), before);

    await forgedAgain(['swap'], fewer);
    const donors = () => new Map(rowsOf(bench).map(({ key, donor }) => [key, donor]));
    const given = donors();
    const line = await forgedAgain(['swap'], [...fewer, last!]);
    const changed = [...given].filter(([key, donor]) => donors().get(key) !== donor).length;
    assert.equal(line, `${6 - changed} photographs of 7 were forged before.`);
    assert.ok(changed <= 2, `${changed}`);
  });

  test('photographs without a face are left out with a warning', async () => {
    using bench = new StageBench();
    const inputs = writeInputs(bench.root, people);
    const table = readFileSync(inputs.faces, 'utf8').split('\n');
    const outside = landmarks.map(({ x }) => `${x} ${-10 * size}`).join(' ');
    const changed = [...table.filter((line) => !line.startsWith('train,train/real/1.'))].map(
      (line) =>
        line.startsWith('val,val/real/0.')
          ? `${line.split(',').slice(0, 3).join()},${outside}`
          : line,
    );
    writeFileSync(inputs.faces, changed.join('\n'));
    await bench.run(spec, run, { inputs });
    assert.deepEqual(bench.warnings, [
      'Left out 2 of 7 photographs, in which no face with 68 landmarks lies, such as train/real/1.jpg.',
    ]);
    const { samples } = await imagesOf(bench, 'train');
    assert.ok(!samples.some(({ key }) => key.startsWith('train/real/1')));
    assert.equal(bench.notes['photographs left out'], 2);
  });

  test('what cannot be forged is refused', async () => {
    const refused = async (settings: object, message: string, given = people, of = {}) => {
      using bench = new StageBench();
      const inputs = writeInputs(bench.root, given, of);
      await assert.rejects(
        bench.run(spec, run, { inputs, with: settings }),
        new StageError(message),
      );
    };
    await refused(
      { class: 'person' },
      'Expected a class of the data set in "class", got "person". There are real, fake.',
    );
    await refused(
      { methods: ['swap'] },
      'Expected photographs of two people or more in train for swaps, but all are in the group p1 or show the same person.',
      people,
      { group: 'p1' },
    );
    await refused(
      { methods: ['swap'], splits: ['all'] },
      'Expected drawn splits for swaps, got all: a donor must be of the split of its forgery. Draw splits by load-dataset first.',
      people.map((portrait) => ({ ...portrait, split: 'all' })),
    );
    await refused(
      {},
      'Expected images of the class real with 68 landmarks in the input "faces", got none. Connect the output "faces" of the stage faces that found the faces of these images.',
      people,
      { path: 'elsewhere.jpg' },
    );
  });
});
