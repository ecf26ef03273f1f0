import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { StageError } from '../../src/stage.ts';
import { assertGolden, digestOf } from '../../test/support/golden.ts';
import { asType } from '../../test/support/partial-value.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { type ShortcutResult, shortcutChart } from './shortcuts.ts';
import { spec } from './spec.ts';
import { drawExamined } from './survey.ts';
import { audit, clean, jpeg, type Planted } from './testing-audit.ts';

test('a class saved with another JPEG quality is found by the encoding and by the file size', async () => {
  using bench = new StageBench();
  const { metrics } = await audit(
    bench,
    clean(60, (label) => ({ encode: jpeg(label === 1 ? 60 : 90) })),
  );
  assert.equal(metrics.shortcuts.encoding, 1);
  assert.ok(metrics.shortcuts.fileSize > 0.9);
  assert.ok(metrics.shortcuts.intervals.encoding[0] > 0.8);
  assert.match(
    bench.warnings[0]!,
    /^Encoding alone: AUC 1\.000 \(0\.\d{3}–1\.000\): separates the classes almost without looking at the content\.$/,
  );
});

test('classes that are named as positive are compared with all others, and an unknown one is refused', async () => {
  using bench = new StageBench();
  const images = clean(60, (label) => ({ encode: jpeg(label === 0 ? 60 : 90) }));
  const { metrics } = await audit(bench, images, { positive: ['real'] });
  assert.equal(metrics.shortcuts.encoding, 1);
  assert.deepEqual(asType<{ classes: object }>(metrics).classes, { others: 30, real: 30 });
  await assert.rejects(
    audit(bench, clean(20), { positive: ['reel'] }),
    new StageError(
      'Expected classes or sources as positive, got "reel". Did you mean "real"? There are real, made, fake.',
    ),
  );
});

test('copies of files, copies of pixels and look-alikes are distinguished, those across splits first', async () => {
  using bench = new StageBench();
  const images: Planted[] = [
    ...clean(40),
    { label: 0, seed: 10, split: 'train' }, // in test
    {
      label: 1,
      seed: 5,
      split: 'train',
      encode: (image) => image.jpeg({ quality: 90, progressive: true }),
    },
    {
      label: 1,
      seed: 21,
      split: 'train',
      encode: (image) => image.resize(32).jpeg({ quality: 40 }),
    }, // in test
  ];
  const { metrics, rows } = await audit(bench, images);
  assert.deepEqual(
    rows,
    [
      { kind: 'file', orientation: '', group: '', one: 'test/10', other: 'train/40' },
      { kind: 'similar', orientation: '', group: '', one: 'test/21', other: 'train/42' },
      { kind: 'pixels', orientation: '', group: '', one: 'train/5', other: 'train/41' },
    ].map((row) => ({ ...row, ...ordered(row.one, row.other) })),
  );
  assert.deepEqual(metrics.copies, {
    file: { pairs: 1, acrossSplits: 1, acrossClasses: 0 },
    pixels: { pairs: 1, acrossSplits: 0, acrossClasses: 0 },
    similar: { pairs: 1, acrossSplits: 1, acrossClasses: 0 },
    turned: { pairs: 0, acrossSplits: 0, acrossClasses: 0 },
    imagesAcrossSplits: 4,
  });
  assert.deepEqual(bench.warnings, [
    '4 of 43 images have a copy or look-alike in another split, such as train/40.jpg and test/10.jpg. Keep both in one split by "group", or leave one out: write the lines "path" and "test/10.jpg" into exclude.csv, and give the load-dataset stage inputs: { exclude: ./exclude.csv }.',
  ]);
});

test('mirrored and rotated copies across splits are found, and said how they are turned', async () => {
  using bench = new StageBench();
  const images: Planted[] = [
    ...clean(40),
    // Copies of images that are in test.
    { label: 0, seed: 10, split: 'train', encode: (image) => image.flop().jpeg({ quality: 70 }) },
    {
      label: 1,
      seed: 11,
      split: 'train',
      encode: (image) => image.rotate(90).jpeg({ quality: 70 }),
    }, // in test
  ];
  const { metrics, rows } = await audit(bench, images);
  assert.deepEqual(metrics.copies.turned, { pairs: 2, acrossSplits: 2, acrossClasses: 0 });
  assert.equal(metrics.copies.similar.pairs, 0);
  assert.deepEqual(
    rows.map(({ kind, orientation, one, other }) => [kind, orientation, one, other]).sort(),
    [
      ['turned', 'mirrored', 'train/40', 'test/10'],
      ['turned', 'rotated 270', 'train/41', 'test/11'],
    ],
  );
  assert.match(
    bench.warnings[0]!,
    /^4 of 42 images have a copy or look-alike in another split, such as train\/4/,
  );
});

/** A pair begins with its image of train, the first split. */
const ordered = (one: string, other: string) =>
  one.startsWith('test') ? { one: other, other: one } : { one, other };

test('one picture in both classes, and groups in two splits, cause warnings', async () => {
  using bench = new StageBench();
  const { metrics, rows } = await audit(bench, [
    ...clean(40, (_, index) => ({ group: `video ${index % 19}` })),
    { label: 1, seed: 2, split: 'train' },
  ]);
  assert.equal(metrics.copies.file.acrossClasses, 1);
  assert.equal(
    metrics.groupsAcrossSplits,
    new Set(rows.filter(({ kind }) => kind === 'group').map(({ group }) => group)).size,
  );
  assert.deepEqual(bench.warnings.slice(-2), [
    '1 pair of the same picture has both classes, such as train/2.jpg and train/40.jpg.',
    `${metrics.groupsAcrossSplits} groups lie in several splits: video 2, video 12, video 0, video 10, video 1.`,
  ]);
});

test('persons on both sides of a split are named, as groups are', async () => {
  using bench = new StageBench();
  // Persons of five images each; the first two images of ten are in test.
  const images = clean(40, (_, index) => ({ person: String(100_000 + Math.floor(index / 5)) }));
  const { metrics, rows } = await audit(bench, images);
  assert.equal(metrics.personsAcrossSplits, 4);
  assert.equal(metrics.groupsAcrossSplits, 0);
  assert.deepEqual(
    rows
      .filter(({ kind }) => kind === 'person')
      .map(({ group, one, other }) => [group, one, other]),
    [
      ['100000', 'train/2', 'test/0'],
      ['100002', 'train/12', 'test/10'],
      ['100004', 'train/22', 'test/20'],
      ['100006', 'train/32', 'test/30'],
    ],
  );
  assert.equal(
    bench.warnings.at(-1),
    '4 persons lie in several splits: 100000, 100002, 100004, 100006.',
  );
  const without = await audit(bench, images, { together: [] });
  assert.equal(without.metrics.personsAcrossSplits, undefined);
});

test('of a large class only some images are examined, of a small one all', () => {
  const labels = Array.from({ length: 6000 }, (_, index) => (index % 50 === 0 ? 1 : 0));
  const drawn = drawExamined(labels, 7);
  assert.equal(drawn.size, 2500 + 120);
  assert.ok(labels.every((label, index) => label === 0 || drawn.has(index)));
  assert.notDeepEqual(drawn, drawExamined(labels, 8));
});

test('only the named splits are audited', async () => {
  using bench = new StageBench();
  const { metrics } = await audit(bench, clean(60), { splits: ['train'] });
  assert.equal(metrics.images, 48);
  await assert.rejects(
    bench.run(spec, run, {
      with: { splits: ['val'] },
      inputs: { dataset: join(bench.root, 'dataset-60') },
    }),
    new StageError('Expected one of the dataset\'s splits, got "val". There are train, test.'),
  );
});

test('where no fold can learn a class from others, shortcuts are left out, and all pictures are drawn', async () => {
  using bench = new StageBench();
  const { metrics } = await audit(
    bench,
    [0, 1, 1].map((label, seed) => ({ label, seed, group: 'one' })),
    { splits: ['train'] },
  );
  assert.deepEqual(metrics.shortcuts, { intervals: {}, p: {} });
  assert.deepEqual(bench.warnings, [
    'Shortcuts could not be tested: all images of a class are of one group, or copies of one, so no fold can learn it from others.',
  ]);
});

test('images of one class alone are refused', async () => {
  using bench = new StageBench();
  await assert.rejects(
    audit(bench, [{ label: 1, seed: 1 }]),
    new StageError('Expected images of both classes, got 0 of real and 1 of fake.'),
  );
});

test('a broken image is named', async () => {
  using bench = new StageBench();
  const folder = join(bench.root, 'broken');
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: ['train'] });
  const sample = { key: 'a', label: 0, source: 'made', path: 'a.jpg', width: 2, height: 2 };
  writer.add('train', sample, Buffer.from('no image'));
  writer.finish();
  await assert.rejects(
    bench.run(spec, run, { inputs: { dataset: folder } }),
    /^StageError: a\.jpg cannot be decoded: /,
  );
});

test('the chart of shortcuts has a line for each, with its interval and verdict', () => {
  const result = (name: string, title: string, auc: ShortcutResult['auc']) => ({
    name,
    title,
    images: 400,
    varies: auc.estimate !== 0.5,
    auc,
  });
  const results = [
    result('size', 'image size', {
      estimate: 0.5,
      low: Number.NaN,
      high: Number.NaN,
      p: Number.NaN,
    }),
    result('fileSize', 'file size', { estimate: 0.93, low: 0.91, high: 0.95, p: 0.015 }),
    result('brightness', 'brightness and colour', {
      estimate: 0.55,
      low: 0.502,
      high: 0.598,
      p: 0.06,
    }),
    result('thumbnail', '16 x 16 pixels', { estimate: 0.64, low: 0.58, high: 0.69, p: 0.015 }),
  ];
  assertGolden(
    shortcutChart(results, 0.95),
    new URL('golden/four-shortcuts.golden.json', import.meta.url),
  );
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await audit(
    bench,
    clean(24, () => ({ encode: (image) => image.png() })),
  );
  const outputs = ['metrics', 'duplicates'].map((port) => bench.output(port, spec.outputs[port]));
  assert.deepEqual(
    { version: spec.version, digest: digestOf(...outputs) },
    { version: 11, digest: 'f8f3989239d7b359' },
  );
});
