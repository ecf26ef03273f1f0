import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import type { Column } from '../src/reporting/serve/filter-query.ts';
import { imageList, sliceList } from '../src/reporting/serve/page/image-lists.ts';
import load from '../stages/load-dataset/run.ts';
import { spec } from '../stages/load-dataset/spec.ts';
import { encodedNoise } from './support/noise-dataset.ts';
import { StageBench } from './support/stage-bench.ts';

const paths = ['train/real/a.png', 'train/fake/b.png', 'test/real/c.png', 'test/fake/d.png'];
/** Images that the table does not show. */
const others = ['train/fake/e.png', 'test/real/f.png'];

/** The table that the gallery has of these images. */
const columns: readonly Column[] = [
  { name: 'key', values: paths.map((path) => path.replace('.png', '')) },
  { name: 'split', values: ['train', 'train', 'test', 'test'] },
  { name: 'class', values: ['real', 'fake', 'real', 'fake'] },
  { name: 'source', values: ['real', 'fake', 'real', 'fake'] },
  { name: 'path', values: paths },
  { name: 'group', values: ['p', null, 'q', null] },
  { name: 'slice.camera', values: ['a, b', 'c', 'c', 'c'] },
];
const cell = (name: string, row: number) =>
  columns.find((column) => column.name === name)?.values[row] ?? null;

test('the list that a lasso makes is read with its slice, by which images are told apart', async () => {
  using bench = new StageBench();
  const images = join(bench.root, 'images');
  const bytes = await encodedNoise(1);
  for (const path of [...paths, ...others]) {
    mkdirSync(dirname(join(images, path)), { recursive: true });
    writeFileSync(join(images, path), bytes);
  }
  const list = join(bench.root, 'images.csv');
  writeFileSync(list, sliceList(columns, cell, new Set([1, 2])));
  const settings = { splits: ['train', 'test'], slices: ['camera', 'lasso'] };
  await bench.run(spec, load, { inputs: { images, list }, with: settings });
  const sliced = openDataset(bench.output('dataset'));
  const slicesOf = (split: string) => sliced.split(split).samples.map(({ slices }) => slices);
  assert.deepEqual(slicesOf('train'), [
    { camera: 'a, b', lasso: 'out' },
    { camera: 'c', lasso: 'in' },
  ]);
  assert.deepEqual(
    slicesOf('test').map((slices) => slices?.['lasso']),
    ['in', 'out'],
  );
  sliced.close();

  writeFileSync(list, imageList([1, 2], cell));
  await bench.run(spec, load, {
    inputs: { images, exclude: list },
    with: { splits: ['train', 'test'] },
  });
  using rest = openDataset(bench.output('dataset'));
  const keys = rest.splits.flatMap((split) => rest.split(split).samples.map(({ key }) => key));
  assert.deepEqual(keys, ['train/real/a', 'train/fake/e', 'test/real/f', 'test/fake/d']);
});
