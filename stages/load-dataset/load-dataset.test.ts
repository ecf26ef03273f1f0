import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { digestOf } from '../../test/support/golden.ts';
import { encodedNoise } from '../../test/support/noise-dataset.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const image = await encodedNoise(1);

/** A bench with images at these paths below `images/`, all the same one. */
function benchWith(...paths: readonly string[]): StageBench & { readonly images: string } {
  const bench = new StageBench();
  const images = join(bench.root, 'images');
  for (const path of paths) {
    mkdirSync(dirname(join(images, path)), { recursive: true });
    writeFileSync(join(images, path), image);
  }
  return Object.assign(bench, { images });
}

const threeSplits = ['train', 'val', 'test'].flatMap((split) => [
  `${split}/real/a.png`,
  `${split}/fake/b.png`,
]);

/** The message of the StageError that a run ends with, the bench's folder left out. */
async function failure(
  bench: StageBench & { images: string },
  settings: unknown,
  list?: string,
): Promise<string> {
  const inputs = list === undefined ? { images: bench.images } : { images: bench.images, list };
  try {
    await bench.run(spec, run, { with: settings, inputs });
  } catch (error) {
    assert.equal((error as Error).name, 'StageError', (error as Error).stack);
    return (error as Error).message.replaceAll(bench.root, '');
  }
  throw new Error('expected the stage to fail');
}

/** `split key label source group` of every sample that the run wrote. */
function samplesOf(bench: StageBench): readonly string[] {
  using dataset = openDataset(bench.output('dataset'));
  return dataset.splits.flatMap((name) =>
    dataset
      .split(name)
      .samples.map(({ key, label, source, group }) =>
        [name, key, label, source, group ?? '-'].join(' '),
      ),
  );
}

test('a folder of splits and classes becomes a dataset with its bytes unchanged, and statistics', async () => {
  using bench = benchWith(
    ...threeSplits,
    'train/real/.hidden.png',
    'train/real/notes.txt',
    'masks/fake/b.png',
  );
  await bench.run(spec, run, { inputs: { images: bench.images } });

  assert.deepEqual(samplesOf(bench), [
    'train train/real/a 0 real -',
    'train train/fake/b 1 fake -',
    'val val/real/a 0 real -',
    'val val/fake/b 1 fake -',
    'test test/real/a 0 real -',
    'test test/fake/b 1 fake -',
  ]);
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(dataset.classes, ['real', 'fake']);
  assert.deepEqual(await dataset.split('test').read(1), image);
  const { width, height, size, path } = dataset.split('test').samples[1]!;
  assert.deepEqual(
    { width, height, size, path },
    { width: 24, height: 16, size: image.length, path: 'test/fake/b.png' },
  );

  const statistics = readFileSync(
    bench.output('statistics', spec.outputs['statistics']),
    'utf8',
  ).split('\n');
  assert.equal(
    statistics[0],
    'split,class,source,images,groups,mean_width,mean_height,mean_bytes,mean_brightness,deviation_brightness',
  );
  assert.match(statistics[1]!, /^train,real,real,1,0,24\.00,16\.00,\d+\.00,\d+\.\d\d,0\.00$/);
  assert.equal(bench.highlights[0]!.rows.length, 6);
  assert.deepEqual(bench.progress.at(-1)!.done, 6);
});

/** One white pixel, 67 bytes of GIF: what an encoder makes may change with its version. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');

test('results change only with the version of the kind', async () => {
  using bench = benchWith();
  for (const name of ['real', 'fake']) {
    mkdirSync(join(bench.images, name), { recursive: true });
    for (let index = 0; index < 12; index++)
      writeFileSync(join(bench.images, name, `${index >> 1}-${index}.gif`), pixel);
  }
  const settings = { split: shares, group: '/(\\d+)-' };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
  const dataset = bench.output('dataset');
  const files = readdirSync(dataset, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(dataset, file),
  );
  const digest = digestOf(
    ...files.filter((file) => statSync(file).isFile()).sort(),
    bench.output('statistics', spec.outputs['statistics']),
  );
  assert.deepEqual({ version: spec.version, digest }, { version: 3, digest: '026f079244faad70' });
});

test('classes of several sources keep them as slices; a source may be in some splits only', async () => {
  using bench = benchWith(
    'train/original/1.png',
    'train/Deepfakes/1.png',
    'test/original/2.png',
    'test/Deepfakes/2.png',
    'test/FaceSwap/c23/2.png',
  );
  const settings = {
    classes: { real: 'original', fake: ['Deepfakes', 'FaceSwap/c23'] },
    splits: ['train', 'test'],
  };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
  assert.deepEqual(samplesOf(bench), [
    'train train/original/1 0 original -',
    'train train/Deepfakes/1 1 Deepfakes -',
    'test test/original/2 0 original -',
    'test test/Deepfakes/2 1 Deepfakes -',
    'test test/FaceSwap/c23/2 1 FaceSwap/c23 -',
  ]);
});

test('the order of classes decides labels, so the parsed settings, which are part of the fingerprint, keep it', () => {
  const parse = (classes: unknown) =>
    spec.settings.parse({ classes }).classes!.map(({ name }) => name);
  assert.deepEqual(parse({ real: ['a'], fake: ['b'] }), ['real', 'fake']);
  assert.deepEqual(parse({ fake: ['b'], real: ['a'] }), ['fake', 'real']);
});

const sixty = ['real', 'fake'].flatMap((name) =>
  Array.from({ length: 60 }, (_, index) => `${name}/${index}.png`),
);
const shares = { train: 0.7, val: 0.15, test: 0.15 };

test('sixty images of each class at 0.7, 0.15 and 0.15 are 42, 9 and 9, whatever the seed', async () => {
  using bench = benchWith(...sixty);
  for (const seed of [0, 1, 2]) {
    await bench.run(spec, run, { with: { split: shares, seed }, inputs: { images: bench.images } });
    assert.deepEqual(
      bench.highlights.at(-1)!.rows.map((row) => row.at(-1)),
      [42, 42, 9, 9, 9, 9],
    );
  }
  assert.deepEqual(bench.logs, []);
});

test('one more image moves few others when splits are drawn', async () => {
  using before = benchWith(...sixty);
  await before.run(spec, run, { with: { split: shares }, inputs: { images: before.images } });
  using after = benchWith(...sixty, 'real/00.png');
  await after.run(spec, run, { with: { split: shares }, inputs: { images: after.images } });
  const old = new Set(samplesOf(before));
  const moved = samplesOf(after).filter(
    (sample) => !old.has(sample) && !sample.includes('real/00 '),
  );
  assert.ok(moved.length <= 2, moved.join());
});

test('twelve groups are split near their shares, and a share that they miss by much is logged', async () => {
  const faces = Array.from({ length: 12 }, (_, group) =>
    ['real', 'fake'].map((name) => `${name}/p${group}_1.png`),
  );
  using bench = benchWith(...faces.flat());
  const settings = { split: shares, group: '/(p\\d+)_' };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
  assert.deepEqual(
    bench.highlights.at(-1)!.rows.map((row) => row.at(-1)),
    [8, 8, 2, 2, 2, 2],
  );
  assert.deepEqual(bench.logs, []);

  using uneven = benchWith(
    ...faces.flat(),
    ...Array.from({ length: 12 }, (_, i) => `real/p0_${i + 2}.png`),
  );
  await uneven.run(spec, run, {
    with: { ...settings, split: { train: 0.5, test: 0.5 } },
    inputs: { images: uneven.images },
  });
  assert.deepEqual(uneven.logs, [
    'Groups stay whole, so shares are missed: train has 18 of 24 real, 75.0 % where its share is 50.0 %; ' +
      'test has 6 of 24 real, 25.0 % where its share is 50.0 %.',
  ]);
});

test('groups that cannot reach every split are refused with what would help', async () => {
  using bench = benchWith(
    'real/a_1.png',
    'real/b_1.png',
    'real/b_2.png',
    'fake/c_1.png',
    'fake/d_1.png',
    'fake/e_1.png',
  );
  assert.equal(
    await failure(bench, { split: shares, group: '/([a-e])_' }),
    'Expected images of every class in every split, got none of "real" in test ' +
      '(train: 1 real, 1 fake; val: 2 real, 1 fake; test: 0 real, 1 fake). ' +
      '2 groups are too few to put "real" into 3 splits: take fewer splits, or more images, or a `group` that joins fewer ' +
      'images (the largest group, "b", has 2 of 6).',
  );
});

test('folders that are splits already are not split again: the message says to remove `split`', async () => {
  using bench = benchWith(...threeSplits);
  assert.equal(
    await failure(bench, { split: shares }),
    'Expected folders of classes to draw splits from in /images, but it has splits already: train, val, test. ' +
      'To take these, remove `split`.',
  );
});

test('a forged video joins both of its identities into one group and one split', async () => {
  using bench = benchWith(
    'original/000/1.png',
    'original/003/1.png',
    'original/007/1.png',
    'original/008/1.png',
    'Deepfakes/000_003/1.png',
    'Deepfakes/003_007/1.png',
    'Deepfakes/008_008/1.png',
  );
  const settings = {
    classes: { real: ['original'], fake: ['Deepfakes'] },
    split: { train: 0.5, test: 0.5 },
    group: '/(\\d+)(?:_(\\d+))?/',
    seed: 1,
  };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
  assert.deepEqual(
    samplesOf(bench).map((sample) =>
      sample.split(' ').slice(0, 2).concat(sample.split(' ').at(-1)!).join(' '),
    ),
    [
      'train original/000/1 000',
      'train original/003/1 000',
      'train original/007/1 000',
      'train Deepfakes/000_003/1 000',
      'train Deepfakes/003_007/1 000',
      'test original/008/1 008',
      'test Deepfakes/008_008/1 008',
    ],
  );
});

test('pairs of forgeries that chain into one group are named as the reason that splits are empty', async () => {
  using bench = benchWith(
    'real/001.png',
    'real/002.png',
    'real/003.png',
    'fake/001_002.png',
    'fake/002_003.png',
    'fake/003_001.png',
  );
  const message = await failure(bench, { split: shares, group: '/(\\d+)(?:_(\\d+))?\\.' });
  assert.equal(
    message.slice(message.indexOf('1 group')),
    '1 group is too few to put "real" into 3 splits: take fewer splits, or more images, or a `group` that joins fewer ' +
      'images (the largest group, "001", has 6 of 6). ' +
      'An image with two names joins their groups, and pairs chain: 001_002, 002_003 and 003_004 are one group.',
  );
});

test('a CSV list names classes, sources or numbers, splits and groups', async () => {
  using bench = benchWith('x/1.png', 'x/2.png', 'y/3.png', 'y/4.png');
  const list = join(bench.root, 'list.csv');
  writeFileSync(
    list,
    'group,label,path,split,who\ng1,fake,./x/1.png,test,me\n,real,x/2.png,test,\n,FaceSwap,y/3.png,train,\n,0,"y/4.png",train,\n',
  );
  const settings = { classes: { real: ['real'], fake: ['FaceSwap'] } };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images, list } });
  assert.deepEqual(samplesOf(bench), [
    'train y/4 0 real -',
    'train y/3 1 FaceSwap -',
    'test x/2 0 real -',
    'test x/1 1 fake g1',
  ]);
});

test('images that a list excludes are left out, and an unknown path is refused', async () => {
  using bench = benchWith('train/real/1.png', 'train/real/2.png', 'train/fake/3.png');
  const exclude = join(bench.root, 'exclude.csv');
  const options = { with: { splits: ['train'] }, inputs: { images: bench.images, exclude } };
  writeFileSync(exclude, 'label,path\nreal,train/real/1.png\n');
  await bench.run(spec, run, options);
  assert.deepEqual(samplesOf(bench), [
    'train train/real/2 0 real -',
    'train train/fake/3 1 fake -',
  ]);
  writeFileSync(exclude, 'path\ntrain/real/4.png\n');
  await assert.rejects(
    bench.run(spec, run, options),
    /Expected paths of images in .*exclude.csv, got train.real.4.png/,
  );
});

test('wrong lines of a list are reported all at once', async () => {
  using bench = benchWith('x/1.png');
  const list = join(bench.root, 'list.csv');
  writeFileSync(
    list,
    'path,label\nx/1.png,reel\n../up.png,real\nx/1.png,real\nx/1.png,1\n,real\nx/2.png,real\n',
  );
  assert.equal(
    await failure(bench, { classes: { real: 'real', fake: 'fake' } }, list),
    `5 wrong lines in /list.csv:
  line 2: expected a class as label, got "reel". Did you mean "real"?
  line 3: expected a path below the input \`images\`, whose content is hashed, got "../up.png"
  line 5: x/1.png is in line 4 too
  line 6: expected a path, got none
  line 7: there is no file x/2.png in /images`,
  );
});

test('a misnamed class folder is refused with the folder that was probably meant', async () => {
  using bench = benchWith('train/real/a.png', 'train/FaceSwop/b.png');
  assert.equal(
    await failure(bench, { classes: { real: ['real'], fake: ['FaceSwap'] }, splits: ['train'] }),
    'Expected a folder "FaceSwap" of images in /images/train, got none. Did you mean "FaceSwop"?',
  );
});

test('a class folder without images is named, with what it holds', async () => {
  using bench = benchWith('real/a.png');
  mkdirSync(join(bench.images, 'fake'));
  const settings = { split: shares };
  assert.equal(
    await failure(bench, settings),
    'Expected images of "fake" in /images/fake, got none: it is empty.',
  );
  writeFileSync(join(bench.images, 'fake', 'notes.txt'), 'none');
  const message =
    'Expected images of "fake" in /images/fake, got none: it holds notes.txt, which does not end as an image does.';
  assert.equal(await failure(bench, settings), message);
  writeFileSync(join(bench.images, 'fake', 'other.txt'), 'none');
  assert.equal(
    await failure(bench, settings),
    message.replace('notes.txt, which does', 'notes.txt and 1 more, which do'),
  );
});

test('without the setting, classes are the folders: real and fake if both exist, else all in alphabetical order', async () => {
  using faces = benchWith('train/real/1.png', 'train/fake/1.png', 'train/other/1.png');
  await faces.run(spec, run, { with: { splits: ['train'] }, inputs: { images: faces.images } });
  assert.deepEqual(samplesOf(faces), [
    'train train/real/1 0 real -',
    'train train/fake/1 1 fake -',
  ]);
  assert.deepEqual(faces.infos, []);

  using animals = benchWith('train/owl/1.png', 'train/cat/1.png', 'train/dog/1.png');
  await animals.run(spec, run, { with: { splits: ['train'] }, inputs: { images: animals.images } });
  assert.deepEqual(samplesOf(animals), [
    'train train/cat/1 0 cat -',
    'train train/dog/1 1 dog -',
    'train train/owl/1 2 owl -',
  ]);
  assert.deepEqual(animals.infos, ['Classes in the order of their labels: cat, dog, owl.']);

  using two = benchWith('owl/1.png', 'owl/2.png', 'cat/1.png', 'cat/2.png');
  await two.run(spec, run, {
    with: { split: { train: 0.5, val: 0.5 } },
    inputs: { images: two.images },
  });
  assert.deepEqual(two.infos, [
    'Classes in the order of their labels: cat, owl; owl is positive, the class that a detector searches for.',
  ]);
});

test('an empty class folder, a class missing from a split, and a single class are refused', async () => {
  using bench = benchWith('train/cat/1.png', 'train/dog/1.png', 'val/cat/2.png', 'alone/cat/1.png');
  assert.match(
    await failure(bench, { splits: ['train', 'val'] }),
    /none of "dog" in val \(train: 1 cat, 1 dog; val: 1 cat, 0 dog\)/,
  );
  assert.match(
    await failure(bench, { splits: ['alone'] }),
    /^Expected two classes or more, got cat alone\. Folders name the classes, such as real and fake in data\/real\/a\.png and data\/fake\/b\.png, or the labels of a list do\.$/,
  );
  mkdirSync(join(bench.images, 'train/owl'));
  assert.match(
    await failure(bench, { splits: ['train'] }),
    /^Expected images of "owl" in .*, got none: it is empty\.$/,
  );
  const check = spec.check!(spec.settings.parse({ classes: { cat: 'a' } }), new Set(['images']));
  assert.deepEqual(check, [{ at: ['classes'], message: 'expected two classes or more, got one' }]);
});

test('the folds of a cross-validation test every image once, and keep groups whole', async () => {
  const paths = ['cat', 'dog', 'owl'].flatMap((name) =>
    Array.from({ length: 20 }, (_, i) => `${name}/${i % 10}-${i}.png`),
  );
  using bench = benchWith(...paths);
  const tested: string[] = [];
  for (const fold of [1, 2, 3, 4, 5]) {
    const settings = { folds: 5, fold, group: '/(\\d+)-' };
    await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
    const own = samplesOf(bench).filter((line) => line.startsWith('test '));
    const groups = new Set(own.map((line) => line.split(' ')[4]));
    assert.ok(own.length > 0 && groups.size < 10);
    tested.push(...own);
  }
  assert.equal(new Set(tested.map((line) => line.split(' ')[1])).size, 60);
  assert.equal(tested.length, 60);
});

test('a source that is left out stays in test alone; columns of a list stay with each image', async () => {
  const paths = ['real/1', 'real/2', 'swap/1', 'swap/2', 'blend/1', 'blend/2'].map(
    (path) => `${path}.png`,
  );
  using bench = benchWith(...paths);
  const list = join(bench.root, 'list.csv');
  const lines = paths.map(
    (path, i) => `${path},${path.split('/')[0]},${i % 2 ? 'test' : 'train'},cam${i}`,
  );
  writeFileSync(list, ['path,label,split,camera', ...lines].join('\n'));
  const classes = { real: 'real', fake: ['swap', 'blend'] };
  const settings = { classes, leaveOut: ['blend'], slices: ['camera'] };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images, list } });
  assert.deepEqual(samplesOf(bench), [
    'train real/1 0 real -',
    'train swap/1 1 swap -',
    'test real/2 0 real -',
    'test blend/2 1 blend -',
    'test swap/2 1 swap -',
  ]);
  assert.ok(
    bench.infos.includes('Left out 1 image of blend in other splits than test, by leaveOut.'),
  );
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(
    dataset.split('train').samples.map(({ slices }) => slices),
    [{ camera: 'cam0' }, { camera: 'cam2' }],
  );
});

test('a list of 0 and 1 is read as real and fake, and says so', async () => {
  const paths = ['a', 'b', 'c', 'd'].map((name) => `${name}.png`);
  using bench = benchWith(...paths);
  const list = join(bench.root, 'list.csv');
  writeFileSync(
    list,
    [
      'path,label,split',
      ...paths.map((path, i) => `${path},${i % 2},${i < 2 ? 'train' : 'test'}`),
    ].join('\n'),
  );
  await bench.run(spec, run, { inputs: { images: bench.images, list } });
  assert.deepEqual(bench.infos, [
    `The labels 0 and 1 of ${list} are read as real and fake; \`classes\` names others.`,
  ]);
  const classes = { cat: 'cat', dog: 'dog' };
  await bench.run(spec, run, { with: { classes }, inputs: { images: bench.images, list } });
  assert.equal(bench.infos.length, 1);
});

test('with stratify: source every split has its share of every source, and with classes alone it need not', async () => {
  const paths = ['real', 'swap', 'blend'].flatMap((name) =>
    Array.from({ length: 8 }, (_, i) => `${name}/${i}.png`),
  );
  using bench = benchWith(...paths);
  const classes = { real: 'real', fake: ['swap', 'blend'] };
  const counts = async (settings: object) => {
    const split = { train: 0.5, test: 0.5 };
    await bench.run(spec, run, {
      with: { classes, split, ...settings },
      inputs: { images: bench.images },
    });
    const tested = samplesOf(bench).filter((line) => line.startsWith('test '));
    return ['real', 'swap', 'blend'].map(
      (name) => tested.filter((line) => line.split(' ')[3] === name).length,
    );
  };
  for (const seed of [0, 1, 2])
    assert.deepEqual(await counts({ seed, stratify: 'source' }), [4, 4, 4]);
  const byClass = [await counts({ seed: 0 }), await counts({ seed: 1 }), await counts({ seed: 2 })];
  assert.ok(byClass.some(([, swap]) => swap !== 4));
});

test('class folders without splits are refused with how to split them', async () => {
  using bench = benchWith('real/a.png', 'fake/b.png');
  assert.equal(
    await failure(bench, {}),
    'Expected the split folders train, val, test in /images, but train, val and test are missing. ' +
      'The folders there: fake, real. To draw splits from folders of classes, set `split: { train: 0.7, val: 0.15, test: 0.15 }`.',
  );
});

test('a folder without any split is not told to take those that exist', async () => {
  using bench = benchWith();
  mkdirSync(bench.images);
  assert.equal(
    await failure(bench, {}),
    'Expected the split folders train, val, test in /images, but train, val and test are missing. There are no folders.',
  );
});

test('a split without images of a class is refused with the counts', async () => {
  using bench = benchWith(...threeSplits.filter((path) => path !== 'val/fake/b.png'));
  mkdirSync(join(bench.images, 'val/fake'));
  assert.equal(
    await failure(bench, {}),
    'Expected images of every class in every split, got none of "fake" in val ' +
      '(train: 1 real, 1 fake; val: 1 real, 0 fake; test: 1 real, 1 fake).',
  );
});

test('a group in two given splits is a leak: an error, or a warning where it is wanted', async () => {
  using bench = benchWith(
    ...threeSplits.map((path) => path.replace(/a\.png/, 'ann_1.png').replace(/b\.png/, 'x.png')),
  );
  const group = '/([a-z]+)_\\d';
  const message = 'Expected every group in one split, got "ann" in train and val and test.';
  assert.equal(
    await failure(bench, { group }),
    `${message} To continue with this leak, set \`groupAcrossSplits: warn\`.`,
  );
  const settings = { group, groupAcrossSplits: 'warn' };
  await bench.run(spec, run, { with: settings, inputs: { images: bench.images } });
  assert.deepEqual(bench.warnings, [message]);
});

test('unreadable images are named all in one error, or left out and counted', async () => {
  using bench = benchWith(...threeSplits);
  const jpeg = await sharp(image).resize(300, 300).jpeg().toBuffer();
  writeFileSync(join(bench.images, 'train/real/cut.jpg'), jpeg.subarray(0, jpeg.length >> 1));
  writeFileSync(join(bench.images, 'test/fake/text.png'), 'no image');
  assert.equal(
    await failure(bench, {}),
    `Expected images that decode to their end, but 2 of 8 do not (\`unreadable: skip\` leaves them out):
  train/real/cut.jpg: VipsJpeg: premature end of JPEG image
  test/fake/text.png: Input buffer contains unsupported image format`,
  );
  await bench.run(spec, run, { with: { unreadable: 'skip' }, inputs: { images: bench.images } });
  assert.equal(samplesOf(bench).length, 6);
  assert.deepEqual(bench.notes, { 'images left out': 2 });
  assert.deepEqual(bench.warnings, [
    'Left out 2 of 8 images that cannot be decoded, such as train/real/cut.jpg.',
  ]);
});

test('images of 12 bits in files of 16, which look black, cause a warning that names them', async () => {
  using bench = benchWith(...threeSplits);
  const values = Uint16Array.from({ length: 3 * 64 }, (_, i) => (i * 65) % 4096);
  const dim = await sharp(values, { raw: { width: 8, height: 8, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  for (const path of ['train/real/a.png', 'val/fake/b.png'])
    writeFileSync(join(bench.images, path), dim);
  await bench.run(spec, run, { inputs: { images: bench.images } });
  assert.deepEqual(bench.warnings, [
    '2 of 6 images have 16 bits a value but use only the lower 12, so they are at most 6 % as bright as white: ' +
      'train/real/a.png, val/fake/b.png. Multiply their values by 16, or save them with 8 bits.',
  ]);
});

test('a BMP is an image like any other', async () => {
  using bench = benchWith('train/real/a.png', 'train/fake/b.png');
  const bmp = Buffer.alloc(54 + 4);
  bmp.write('BM');
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, 1],
    [22, 1],
  ] as const)
    bmp.writeInt32LE(value, at);
  bmp.writeUInt16LE(24, 28);
  bmp.set([255, 255, 255], 54);
  writeFileSync(join(bench.images, 'train/real/c.bmp'), bmp);
  await bench.run(spec, run, { with: { splits: ['train'] }, inputs: { images: bench.images } });
  using dataset = openDataset(bench.output('dataset'));
  const { path, width, height } = dataset.split('train').samples[1]!;
  assert.deepEqual({ path, width, height }, { path: 'train/real/c.bmp', width: 1, height: 1 });
  assert.deepEqual(await dataset.split('train').read(1), bmp);
});

test('images in folders of no class cause a warning, and a split under another name a hint to rename it', async () => {
  using bench = benchWith(
    'train/real/1.png',
    'train/fake/1.png',
    'train/unknown/1.png',
    'train/unknown/2.png',
    'train/notes/a.txt',
    'validation/real/1.png',
    'validation/fake/1.png',
    'test/real/1.png',
    'test/fake/1.png',
  );
  await bench.run(spec, run, {
    with: { splits: ['train', 'test'] },
    inputs: { images: bench.images },
  });
  assert.equal(samplesOf(bench).length, 4);
  assert.deepEqual(bench.warnings, [
    'No class has these folders, so their images are left out: train/unknown (2 images).',
  ]);
  assert.match(
    await failure(bench, {}),
    /Rename "validation" to "val": training and evaluation go by these names\.$/,
  );
});

test('impossible settings are refused', () => {
  const message = (settings: unknown) =>
    spec.settings.safeParse(settings).error?.issues[0]?.message;
  assert.equal(message({ group: '\\d+' }), 'expected parentheses around what names the group');
  assert.match(message({ group: '(' })!, /Invalid regular expression/);
  assert.equal(message({ split: { train: 0.7, test: 0.7 } }), 'expected a sum of 1');
  assert.equal(message({ classes: { real: ['a'], fake: ['a'] } }), 'expected every folder once');
  assert.match(
    message({ classes: { real: ['../a'] } })!,
    /expected a folder below the input|Invalid input/,
  );
});

test('splits are drawn by person: a swap keeps its target and its donor in one split', async () => {
  using bench = benchWith();
  // Videos of two people each; the swap 0_1 shows the face of 1 in the video of 0.
  const videos = [0, 2, 4, 6, 8, 10].flatMap((target) => [
    { name: `real/${target}.mp4`, label: 0, person: String(target) },
    { name: `real/again-${target}.mp4`, label: 0, person: String(target) },
    { name: `real/${target + 1}.mp4`, label: 0, person: String(target + 1) },
    { name: `fake/${target}_${target + 1}.mp4`, label: 1, person: String(target + 1) },
  ]);
  const crops = join(bench.root, 'crops');
  {
    using writer = new DatasetWriter(crops, { classes: ['real', 'fake'], splits: ['all'] });
    for (const { name, label, person } of videos) {
      const source = label === 0 ? 'real' : 'fake';
      const facts = { label, source, group: name, video: name, frame: 0, time: 0 };
      const size = { width: 8, height: 8 };
      writer.add(
        'all',
        { key: name, path: `${name}.png`, slices: { person }, ...facts, ...size },
        image,
      );
    }
    writer.finish();
  }
  const settings = {
    split: { train: 0.5, val: 0.25, test: 0.25 },
    together: ['person'],
    group: '^fake/(\\d+)_|real/(?:again-)?(\\d+)',
  };
  await bench.run(spec, run, { with: settings, inputs: { dataset: crops } });
  const splitOf = new Map<string, string>();
  using dataset = openDataset(bench.output('dataset'));
  for (const split of dataset.splits) {
    for (const { video } of dataset.split(split).samples) splitOf.set(video!, split);
  }
  assert.equal(splitOf.size, videos.length);
  for (const target of [0, 2, 4, 6, 8, 10]) {
    const swap = splitOf.get(`fake/${target}_${target + 1}.mp4`);
    for (const video of [`${target}`, `again-${target}`, `${target + 1}`])
      assert.equal(splitOf.get(`real/${video}.mp4`), swap, video);
  }

  await assert.rejects(
    bench.run(spec, run, {
      with: { ...settings, together: ['persn'] },
      inputs: { dataset: crops },
    }),
    {
      name: 'StageError',
      message: 'Expected a slice of the images in "together", got "persn". There is only person.',
    },
  );
});
