import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { encodedNoise } from '../../test/support/noise-dataset.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const pictures = await Promise.all([1, 2].map((seed) => encodedNoise(seed)));

/**
 * A bench with a data set of videos of two frames, by their sources; those in `without` have none.
 */
function benchWith(
  videos: Readonly<Record<string, string>>,
  without: Readonly<Record<string, string>> = {},
): StageBench & { readonly dataset: string } {
  const bench = new StageBench();
  const folder = join(bench.root, 'frames');
  const classes = ['fake', 'real'];
  using writer = new DatasetWriter(folder, { classes, splits: ['all'] });
  const labelOf = (source: string) => classes.indexOf(source.split('/')[0]!);
  for (const [video, source] of Object.entries(videos)) {
    const shard = `${video}.tar`;
    writeFileSync(writer.shardPath('all', shard), Buffer.concat(pictures));
    const samples = pictures.map(({ length: size }, frame) => ({
      key: `${video}/${frame}`,
      label: labelOf(source),
      source,
      path: `${video}/${frame}.png`,
      group: video,
      video,
      frame,
      time: frame / 25,
      width: 24,
      height: 16,
      offset: frame === 0 ? 0 : pictures[0]!.length,
      size,
    }));
    writer.addShard('all', shard, samples);
  }
  for (const [video, source] of Object.entries(without))
    writer.addMissing('all', { video, label: labelOf(source), source, reason: 'it is cut short' });
  writer.finish();
  return Object.assign(bench, { dataset: folder });
}

const load = (bench: StageBench & { readonly dataset: string }, settings: unknown) =>
  bench.run(spec, run, { with: settings, inputs: { dataset: bench.dataset } });

const halves = { split: { train: 0.5, test: 0.5 } };

test('a split of a data set that has none so far is refused with the stage that draws them', () => {
  using bench = benchWith({ '1.mp4': 'real', '2.mp4': 'fake' });
  using dataset = openDataset(bench.dataset);
  assert.throws(() => dataset.split('train'), {
    name: 'StageError',
    message:
      'Expected one of the dataset\'s splits, got "train". There is only all. Draw splits from it by `load-dataset` with `split`.',
  });
});

test('a data set gets classes by its sources and splits by its groups, and keeps its frames and bytes', async () => {
  using bench = benchWith({
    '1.mp4': 'real',
    '2.mp4': 'real',
    '1_2.mp4': 'fake/swap',
    '3.mp4': 'real',
    '4.mp4': 'real',
    '3_4.mp4': 'fake/swap',
    '5.mp4': 'fake/other',
  });
  await load(bench, {
    ...halves,
    classes: { real: 'real', fake: 'fake/swap' },
    group: '(\\d+)(?:_(\\d+))?\\.mp4',
  });
  assert.deepEqual(bench.warnings, [
    'No class has these sources, so their 2 images are left out: fake/other.',
  ]);
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(dataset.classes, ['real', 'fake']);
  const splitsOf = (video: string) =>
    dataset.splits.filter((name) =>
      dataset.split(name).samples.some((sample) => sample.video === video),
    );
  for (const [one, other] of [
    ['1.mp4', '1_2.mp4'],
    ['2.mp4', '1_2.mp4'],
    ['3.mp4', '3_4.mp4'],
    ['4.mp4', '3_4.mp4'],
  ])
    assert.deepEqual(splitsOf(one!), splitsOf(other!));
  const split = dataset.split('train');
  assert.equal(split.samples.length, 6);
  for (const [i, { frame, time, class: name, source }] of split.samples.entries()) {
    assert.equal(time, frame! / 25);
    assert.equal(source, name === 'fake' ? 'fake/swap' : 'real');
    assert.deepEqual(await split.read(i), pictures[frame!]);
  }
});

test('a video without images stays in the split of its group', async () => {
  using bench = benchWith(
    { '1.mp4': 'real', '1_1.mp4': 'fake', '2.mp4': 'real', '2_2.mp4': 'fake' },
    { '1_9.mp4': 'fake', '8.mp4': 'real' },
  );
  await load(bench, { ...halves, group: '(\\d+)(?:_\\d+)?\\.mp4' });
  using dataset = openDataset(bench.output('dataset'));
  const missing = dataset.splits.flatMap((name) =>
    dataset
      .split(name)
      .missing()
      .map((video) => ({ split: name, ...video })),
  );
  assert.deepEqual(missing.map(({ video, class: name, reason }) => [video, name, reason]).sort(), [
    ['1_9.mp4', 'fake', 'it is cut short'],
    ['8.mp4', 'real', 'it is cut short'],
  ]);
  const split = dataset.splits.find((name) =>
    dataset.split(name).samples.some(({ video }) => video === '1.mp4'),
  );
  assert.equal(missing.find(({ video }) => video === '1_9.mp4')!.split, split);
});

test('a data set is refused beside images, a list or slices, and without splits', async () => {
  const mistakes = (settings: unknown, ...inputs: readonly string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ message }) => message);
  assert.deepEqual(mistakes({}, 'images', 'dataset'), [
    'expected one of the inputs "images" and "dataset", got both',
  ]);
  assert.deepEqual(mistakes({ slices: ['age'] }, 'dataset', 'list'), [
    'expected no "list" beside a "dataset", which lists its images itself',
    '`slices` are columns of the input `list`, or of shards, and there are neither',
  ]);
  using bench = benchWith({ '1.mp4': 'real', '2.mp4': 'fake' });
  await assert.rejects(load(bench, {}), {
    name: 'StageError',
    message:
      'Expected a column `split` in the list, or shares such as `split: { train: 0.7, val: 0.15, test: 0.15 }`.',
  });
});

test('images of some splits of a data set are divided into folds, and nothing of the others is read', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'outer');
  await writeTintedDataset(dataset, { train: 8, val: 4, test: 4 });
  rmSync(join(dataset, 'test'), { recursive: true });
  const from = ['train', 'val'];
  const foldOf = async (fold: number) => {
    const settings = { from, folds: 3, fold, heldOut: 'val' };
    await bench.run(spec, run, { with: settings, inputs: { dataset } });
    using made = openDataset(bench.output('dataset'));
    const pathsOf = (split: string) => made.split(split).samples.map(({ path }) => path);
    return { splits: made.splits, train: pathsOf('train'), val: pathsOf('val') };
  };
  const folds = [await foldOf(1), await foldOf(2), await foldOf(3)];
  for (const { splits, train, val } of folds) {
    assert.deepEqual([splits, train.length, val.length], [from, 8, 4]);
  }
  const held = folds.flatMap(({ val }) => val).sort();
  const all = [...new Set(folds.flatMap(({ train, val }) => [...train, ...val]))].sort();
  assert.deepEqual(held, all, 'each image is held out once');
  assert.deepEqual(spec.inputs['dataset']!.parts!(spec.settings.parse({ from })), from);
});

test('what `from` and `heldOut` need is said before anything runs', () => {
  const mistakes = (settings: object, ...inputs: readonly string[]) =>
    spec.check!(spec.settings.parse(settings), new Set(inputs)).map(({ message }) => message);
  assert.deepEqual(mistakes({ from: ['train'] }, 'images'), [
    'expected the input "dataset", whose splits `from` names',
  ]);
  assert.deepEqual(mistakes({ heldOut: 'val' }, 'images'), [
    'expected `folds`, of which `heldOut` names the one that is held out',
  ]);
  const split = { train: 0.9, val: 0.1 };
  assert.deepEqual(mistakes({ folds: 2, fold: 1, heldOut: 'val', split }, 'images'), [
    'with `folds` the fold is `val`',
  ]);
});
