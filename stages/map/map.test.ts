import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FeaturesWriter } from '../../src/learning/vision/features/features.ts';
import {
  mapFile,
  nearestFile,
  parseMapInfo,
  parseMapPoints,
  pointsFile,
} from '../../src/learning/vision/features/map-files.ts';
import { readNpyPart } from '../../src/learning/vision/features/npy.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const clusters = 4;
const values = 30;

/** Images of four classes, whose features are normal around centres 12 deviations apart. */
async function writeClusters(
  folder: string,
  { train = 80, test = 40, scale = 1, loudest = 1 } = {},
) {
  const classes = Array.from({ length: clusters }, (_, c) => `class ${c}`);
  const writer = new FeaturesWriter(folder, {
    format: 1,
    classes,
    splits: ['train', 'test'],
    values,
  });
  for (const [split, images] of Object.entries({ train, test })) {
    const samples = Array.from({ length: images }, (_, i) => ({
      key: `${split}/${i}`,
      label: i % clusters,
      class: classes[i % clusters]!,
      source: 'drawn',
      path: `${split}/${i}.png`,
      group: `person ${i % 10}`,
      ...(i % 2 === 0 && { slices: { camera: 'a, b' } }),
    }));
    const rows = samples.map(({ key, label }) => {
      const random = new Random(key);
      return Float32Array.from(
        { length: values },
        (_, k) => (k === 20 ? loudest : scale) * (random.normal() + (k === label ? 12 : 0)),
      );
    });
    await writer.split(split, samples, inTurn(rows));
  }
  writer.finish();
}

async function* inTurn<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const settings = { splits: ['train', 'test'], neighbours: 10 };

async function mapped(bench: StageBench, more: object = {}): Promise<(file: string) => string> {
  await bench.run(spec, run, {
    inputs: { features: join(bench.root, 'features') },
    with: { ...settings, ...more },
  });
  return (file) => readFileSync(join(bench.output('map'), file), 'utf8');
}

test('separated clusters stay separated in both layouts, and the measures say that they can be trusted', async () => {
  using bench = new StageBench();
  await writeClusters(join(bench.root, 'features'));
  const read = await mapped(bench);

  const info = parseMapInfo(read(mapFile));
  assert.ok(info.ok);
  const points = parseMapPoints(read(pointsFile), info.value.layouts);
  assert.ok(points.ok);
  const { keys, splits, layouts } = points.value;
  assert.deepEqual(
    [keys.length, splits[79], splits[80], keys[80]],
    [120, 'train', 'test', 'test/0'],
  );
  for (const [name, places] of layouts) {
    const distance = (i: number, j: number) =>
      Math.hypot(places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!);
    // The nearest other image of every image is one of its class.
    for (const i of keys.keys()) {
      const others = [...keys.keys()].filter((j) => j !== i);
      const nearest = others.reduce((best, j) => (distance(i, j) < distance(i, best) ? j : best));
      assert.equal(nearest % clusters, i % clusters, `${name}: ${keys[i]}`);
    }
  }
  assert.match(
    read(pointsFile),
    /^split,key,class,source,path,group,slice\.camera,umap\.x,umap\.y,pca\.x,pca\.y\ntrain,train\/0,class 0,drawn,train\/0\.png,person 0,"a, b",[-\d.]+,[-\d.]+,/,
  );
  const near = readNpyPart(join(bench.output('map'), nearestFile), 3)!;
  assert.deepEqual(near.shape, [10]);
  assert.ok(near.values.every((row) => row % clusters === 3 && row !== 3));

  const metrics = JSON.parse(
    readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'),
  );
  assert.equal(metrics.images, 120);
  assert.ok(metrics.umap.trustworthiness > 0.9 && metrics.umap.trustworthiness < 1);
  assert.ok(metrics.umap.seedAgreement > 2 * metrics.chanceAgreement);
  assert.equal(bench.highlights[0]!.rows.length, 4);
  assert.deepEqual(bench.warnings, []);
});

test('the same seed gives the same bytes, and another seed another map of the same components', async () => {
  using bench = new StageBench();
  await writeClusters(join(bench.root, 'features'), { train: 40, test: 20 });
  const files = async (more: object) => {
    const read = await mapped(bench, more);
    return [mapFile, pointsFile, nearestFile].map(read);
  };
  const first = await files({});
  assert.deepEqual(await files({}), first);
  const [info, points, nearest] = await files({ seed: 8 });
  assert.notEqual(points, first[1]);
  assert.equal(nearest, first[2]);
  const pcaOf = (text: string) => text.split('\n').map((line) => line.split(',').slice(-2));
  assert.deepEqual(pcaOf(points!), pcaOf(first[1]!));
  assert.match(info!, /seed 9 gives too/);
});

test('a value in a large unit decides the map, unless values are standardised', async () => {
  using bench = new StageBench();
  await writeClusters(join(bench.root, 'features'), { train: 40, test: 20, loudest: 1000 });
  const shareOf = async (more: object) => {
    await mapped(bench, more);
    return JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8')).pca
      .variance;
  };
  assert.ok((await shareOf({})) > 0.999);
  assert.ok((await shareOf({ standardise: true })) < 0.5);
});

test('too few images, and features that do not differ, are refused', async () => {
  using bench = new StageBench();
  await writeClusters(join(bench.root, 'features'), { train: 10, test: 6 });
  await assert.rejects(
    mapped(bench),
    new StageError(
      'Expected more than 20 images for 10 neighbours, got 16: name fewer neighbours.',
    ),
  );
  using equal = new StageBench();
  await writeClusters(join(equal.root, 'features'), { scale: 0, loudest: 0 });
  await assert.rejects(
    mapped(equal),
    new StageError('Expected features that differ, but those of all images are equal.'),
  );
});
