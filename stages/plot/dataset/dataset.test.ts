import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { openDataset } from '../../../src/learning/vision/dataset/open-dataset.ts';
import { decodeImage } from '../../../src/learning/vision/decode-image.ts';
import { FeaturesWriter } from '../../../src/learning/vision/features/features.ts';
import { StageError } from '../../../src/stage.ts';
import { chartContent } from '../../../test/support/chart-content.ts';
import { assertGolden } from '../../../test/support/golden.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../../test/support/tinted-dataset.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import { countSplit, statisticsChart } from './statistics.ts';

interface SheetCell {
  readonly image: string;
  readonly caption?: string;
  readonly description: string;
}

/**
 * Draws a data set of 4 images to train and 6 to validate, once for each of `labels`; returns what
 * the sheet says and shows.
 */
async function sheet(
  bench: StageBench,
  settings: object,
  labels: readonly Readonly<Record<string, string>>[] = [{}],
) {
  const path = join(bench.root, 'dataset');
  await writeTintedDataset(path, { train: 4, val: 6 });
  const dataset = labels.map((one) => ({ path, labels: one }));
  await bench.run(spec, run, { inputs: { dataset }, with: settings });
  assert.deepEqual(bench.warnings, []);
  const chart = JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'));
  const headers: {
    readonly data?: { readonly values: readonly { readonly header?: string }[] };
  }[] = chart.layer;
  return {
    title: chart.title.text.join(' ') as string,
    subtitle: chart.title.subtitle.join(' ') as string,
    cells: chart.data.values as readonly SheetCell[],
    headers: headers.flatMap(
      ({ data }) => data?.values.flatMap(({ header }) => header?.replaceAll('\n', ' ') ?? []) ?? [],
    ),
  };
}

const paths = (cells: readonly SheetCell[]) => cells.map(({ description }) => description);

test('samples are some images of every class and split, the same for the same seed', async () => {
  using bench = new StageBench();
  const first = await sheet(bench, { images: 2 });
  assert.equal(first.title, 'Images of each class in train and val');
  assert.equal(
    first.subtitle,
    '5 real and 5 fake images; up to 2 of each class and split, drawn at random (seed 7)',
  );
  assert.deepEqual(first.headers, [
    'train, real: 2 of 2',
    'train, fake: 2 of 2',
    'val, real: 2 of 3',
    'val, fake: 2 of 3',
  ]);
  assert.equal(first.cells.length, 8);
  assert.equal(first.cells[0]!.caption, 'tinted');
  assert.deepEqual(await sheet(bench, { images: 2 }), first);
  const others = await Promise.all(
    [1, 2, 3].map(async (seed) => {
      using bench = new StageBench();
      return paths((await sheet(bench, { images: 2, seed, splits: ['val'] })).cells).join();
    }),
  );
  assert.ok(new Set(others).size > 1);
});

test('a comparison has a column for each data set and a row for each class', async () => {
  using bench = new StageBench();
  const { title, subtitle, headers } = await sheet(
    bench,
    { chart: 'comparison', images: 1, split: 'val' },
    [
      { set: 'one', seed: '7' },
      { set: 'other', seed: '7' },
    ],
  );
  assert.equal(title, 'Images of one and other by class, val, seed 7');
  assert.equal(subtitle, 'one: 56 × 56 pixels; other: 56 × 56 pixels; drawn at random (seed 7)');
  assert.deepEqual(headers, [
    'one, real: 1 of 3',
    'other, real: 1 of 3',
    'one, fake: 1 of 3',
    'other, fake: 1 of 3',
  ]);
  await assert.rejects(
    sheet(bench, { chart: 'comparison' }),
    new StageError(
      'Expected two data sets or more to compare, got 1: dataset: [one.dataset, other.dataset].',
    ),
  );
});

test('a batch is what the training loader gives: augmented by seed and epoch, its normalisation undone', async () => {
  using bench = new StageBench();
  const plain = { chart: 'batch', imageSize: 56, augment: { crop: 0, flip: false } };
  const first = await sheet(bench, plain);
  assert.equal(first.title, 'A training batch as the network sees it');
  assert.equal(
    first.subtitle,
    'train, epoch 1, seed 7: the first 2 real and 2 fake images, 56 × 56 pixels; unchanged',
  );
  for (const { caption, image } of first.cells) {
    const { pixels, width } = await decodeImage(Buffer.from(image.split(',')[1]!, 'base64'));
    const mean = (channel: number) =>
      pixels.reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / width ** 2;
    // Real images are 112 in the mean, fakes have 60 more of red.
    assert.ok(
      Math.abs(mean(1) - 112) < 3 && Math.abs(mean(0) - (caption === 'fake' ? 172 : 112)) < 3,
    );
  }
  const changed = await sheet(bench, {
    ...plain,
    epoch: 2,
    augment: { mixup: { probability: 1, alpha: 1 } },
  });
  assert.notDeepEqual(paths(changed.cells), paths(first.cells));
  assert.equal(changed.subtitle.split('; ')[1], 'changed at random by crop, flip and mixup');
  assert.match(
    changed.cells.map(({ caption }) => caption).join(' '),
    /\d+ % (real|fake)\n\d+ % (real|fake)|mixed/,
  );
});

const samples = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([name, count]) => {
    const [className, source] = name.split(' ');
    return Array.from({ length: count }, () => ({
      class: className!,
      source: source ?? className!,
      group: undefined,
    }));
  });

test('neighbours are the images of the highest cosine, in any split, and never the image itself', async () => {
  using bench = new StageBench();
  const dataset = join(bench.root, 'dataset');
  const features = join(bench.root, 'features');
  await writeTintedDataset(dataset, { train: 4, val: 2 });
  const directions: Readonly<Record<string, readonly number[]>> = {
    'train/0': [2, 0],
    'train/1': [1, 1],
    'train/2': [0, 3],
    'train/3': [-1, 0],
    'val/0': [10, 1],
    'val/1': [0, 0],
  };
  const writer = new FeaturesWriter(features, {
    format: 1,
    classes: ['real', 'fake'],
    splits: ['train', 'val'],
    values: 2,
  });
  for (const split of ['train', 'val']) {
    using opened = openDataset(dataset);
    const { samples } = opened.split(split);
    const rows = samples.map(({ key }) => Float32Array.from(directions[key]!));
    await writer.split(split, samples, Readable.from(rows));
  }
  writer.finish();
  const draw = async (settings: object) => {
    await bench.run(spec, run, {
      inputs: { features, dataset },
      with: { chart: 'neighbours', ...settings },
    });
    return JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8')).data
      .values;
  };
  const cells = (await draw({ of: ['val/0'] })) as readonly (SheetCell & {
    readonly outcome?: string;
  })[];
  assert.deepEqual(paths(cells), [
    'val/0 of val: real, of val',
    'train/0 of train: real, train 0.995',
    'train/1 of train: fake, train 0.774',
    'train/2 of train: real, train 0.100',
    'val/1 of val: fake, val 0.000',
    'train/3 of train: fake, train −0.995',
  ]);
  assert.deepEqual(
    cells.map(({ outcome }) => outcome),
    [undefined, undefined, 'wrong', undefined, 'wrong', 'wrong'],
  );
  assert.equal((await draw({})).length, 12);
  await assert.rejects(draw({ of: ['val/7'] }), {
    message:
      'Expected the key of an image of val in "of", got "val/7". Did you mean "val/0"? There are val/0, val/1.',
  });
});

test('labels that may be wrong are shown with their images, found in the data sets of the folds', async () => {
  using bench = new StageBench();
  const folds = ['one', 'two'].map((name) => ({
    path: join(bench.root, name),
    labels: { fold: name },
  }));
  await writeTintedDataset(folds[0]!.path, { test: 2 });
  await writeTintedDataset(folds[1]!.path, { test: 4 });
  const scores = folds.map(({ path, labels }, fold) => {
    const rows =
      fold === 0
        ? ['test/0,test,0,0,3', 'test/1,test,1,0,1']
        : ['test/2,test,0,0,1.5', 'test/3,test,1,0,1'];
    writeFileSync(`${path}.csv`, `key,split,label,real,fake\n${rows.join('\n')}\n`);
    return { path: `${path}.csv`, labels };
  });
  const inputs = { scores, dataset: folds };
  await bench.run(spec, run, { inputs, with: { chart: 'label-errors' } });
  const chart = JSON.parse(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'));
  assert.equal(
    chart.title.subtitle.join(' '),
    '2 of 4 images are called another class than their label; the least likely label first. Below each image: its label, the class that it is called, and its name.',
  );
  assert.deepEqual(paths(chart.data.values), [
    'test/0: labelled real, whose probability is 4.7 %; called fake',
    'test/2: labelled real, whose probability is 18.2 %; called fake',
  ]);
  await assert.rejects(
    bench.run(spec, run, {
      inputs: { ...inputs, dataset: [folds[0]!] },
      with: { chart: 'label-errors' },
    }),
    {
      message:
        'Expected the image test/2 in test of the input "dataset", which has none of this key.',
    },
  );
});

test('statistics have a bar for each class and source of a split, and say what guessing gives', () => {
  const classes = ['real', 'fake'];
  const train = countSplit('train', classes, samples({ real: 4, 'fake swap': 3, 'fake gan': 1 }));
  const test = countSplit('test', classes, samples({ real: 4, 'fake swap': 2 }));
  assertGolden(
    statisticsChart([train, test], 'Images'),
    new URL('golden/statistics.golden.json', import.meta.url),
  );
});

test('bars of all splits are drawn on one scale, that of the axis below the last', () => {
  const classes = ['real', 'fake'];
  const counts = [2700, 20].map((count, index) =>
    countSplit(`${index}`, classes, samples({ real: count, fake: count })),
  );
  const { vconcat } = chartContent<{
    vconcat: { layer: { encoding: { x: { scale: { domain: number[] } } } }[] }[];
  }>(statisticsChart(counts, 'Images'));
  const ends = vconcat.flatMap(({ layer }) =>
    layer.map(({ encoding }) => encoding.x.scale.domain[1]!),
  );
  assert.equal(new Set(ends).size, 1, ends.join(', '));
  assert.ok(ends[0]! > 2700);
});

test('a split without an image of a class says so', () => {
  const { rows, images } = countSplit('val', ['real', 'fake'], samples({ real: 2 }));
  assert.deepEqual(rows, [
    { class: 'real', source: 'real', images: 2 },
    { class: 'fake', source: 'fake', images: 0 },
  ]);
  assert.equal(images, 2);
});
