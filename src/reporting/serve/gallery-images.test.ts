import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Hono } from 'hono';
import sharp from 'sharp';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { writeTintedDataset } from '../../../test/support/tinted-dataset.ts';
import { sha256 } from '../../digest.ts';
import { readLines, stateOf } from '../../engine/seals/ledger-lines.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { usualColours } from '../../learning/explanations/picture-sheet.ts';
import { colourMap } from '../../learning/vision/colour-map.ts';
import { npyHeader } from '../../learning/vision/features/npy.ts';
import { formatSeal, sealFile } from '../../seal-file.ts';
import { ImageStore } from './gallery-images.ts';
import { imageTable, outputOf, resultsOf } from './gallery-table.ts';
import { Results } from './run-results.ts';
import { Objects } from './stored-objects.ts';

const scores = `key,split,label,logit.real,logit.fake
test/0,test,real,2,0
test/1,test,fake,1,0
test/2,test,real,0,3
`;

/**
 * A run with a data set of real and fake images, the scores of two models, and a map of one image.
 */
async function scored(t: TestContext, { isSealed = false, isCopy = false } = {}) {
  const root = temporaryFolder(t);
  const store = new LocalStore(root);
  await writeTintedDataset(join(root, 'made/dataset'), {
    test: 4,
    ...((isSealed || isCopy) && { val: 2 }),
  });
  if (isSealed) writeFileSync(join(root, 'made/dataset/test', sealFile), formatSeal([], []));
  const mapOf = (values: readonly number[]) =>
    Buffer.concat([npyHeader(1, 2, 2), Buffer.from(new Float32Array(values).buffer)]);
  const kept = [
    'grad-cam-00000.npy,0,,grad-cam,test,test/1,fake',
    ',,,grad-cam,test,test/0,real',
    'grad-cam-00000.npy,0,,grad-cam,test,test/2,fake',
    'gradient-00000.npy,0,,gradient,test,test/2,fake',
  ];
  writeFiles(join(root, 'made'), {
    'a.csv': scores,
    'new.csv': 'key,split,score.real,score.fake\na.png,new,2,0\n',
    'b.csv': scores.replace('test/1,test,fake,1,0\n', '').replace('0,3', '3,0'),
    'maps/maps.csv': ['file,row,model,method,split,key,explained', ...kept, ''].join('\n'),
  });
  writeFileSync(join(root, 'made/maps/grad-cam-00000.npy'), mapOf([0, 1, 2, 3]));
  writeFileSync(join(root, 'made/maps/gradient-00000.npy'), mapOf([0, 0.001, 0.002, 0.003]));
  let packed = '';
  const stages: Record<
    string,
    { outcome: 'ran'; result: ReturnType<typeof exampleResult>['digest'] }
  > = {};
  for (const [i, [name, path, type]] of (
    [
      ['faces', 'dataset', 'dataset'],
      ['a', 'a.csv', 'scores'],
      ['b', 'b.csv', 'scores'],
      ['maps', 'maps', 'files'],
      ['new', 'new.csv', 'scores'],
    ] as const
  ).entries()) {
    const artifact = { ...(await listArtifact(join(root, 'made', path))), type };
    await store.storeArtifact(join(root, 'made', path), artifact);
    packed = artifact.files.find(({ path }) => path === 'test/00000.tar')?.digest ?? packed;
    const result = exampleResult(i, { out: artifact });
    await store.writeResult(result);
    stages[name] = { outcome: 'ran', result: result.digest };
  }
  const run = store.startRun('2025-01-31T09-12-03.042-4f2a', 'test');
  run.writeRecord({
    pipeline: 'test',
    file: 'test.yaml',
    startedAt: '2025-01-31T09:12:03.042Z',
    seconds: 2,
    restage: '0',
    stages,
  });
  const line = { event: 'sealed', seal: sha256('seal'), of: 'faces', part: 'test', images: '' };
  const text = JSON.stringify({
    ...line,
    packed: packed.slice(0, 16),
    time: '',
    previous: sha256(''),
  });
  const ledger = stateOf(isCopy ? readLines(`${text}\n`) : []);
  const objects = new Objects(store, () => ledger);
  return { run, results: new Results(store), objects, images: new ImageStore(objects) };
}

test('scores are joined with their images, and a second model stands beside the first', async (t) => {
  const { run, results, images } = await scored(t);
  const table = imageTable(images, results, { run, stage: 'a', other: { run, stage: 'b' } });
  assert.ok(typeof table !== 'string');
  const column = (name: string) => table.columns.find((column) => column.name === name)?.values;
  assert.deepEqual(column('path'), ['test/0.png', 'test/1.png', 'test/2.png']);
  assert.deepEqual(column('predicted'), ['real', 'real', 'fake']);
  assert.deepEqual(column('right'), ['yes', 'no', 'no']);
  assert.deepEqual(column('score'), [0.1192, 0.26894, 0.95257]);
  assert.deepEqual(column('right2'), ['yes', null, 'yes']);
  const scores = (row: number) => [column('score')![row], column('score2')![row]] as number[];
  const [first, second] = scores(0) as [number, number];
  assert.equal(column('difference')![0], Number(Math.abs(first - second).toPrecision(5)));
  assert.equal(column('difference')![1], null, 'the second model has no score of it');
  assert.deepEqual(column('disagree'), [null, null, 'yes']);
  assert.deepEqual(table.indexes, [0, 1, 2]);
  assert.deepEqual(table.facets, ['class', 'predicted', 'right']);
});

test('scores of images without labels are a table, too', async (t) => {
  const { run, results, images } = await scored(t);
  const table = imageTable(images, results, { run, stage: 'new' });
  assert.ok(typeof table !== 'string');
  const values = Object.fromEntries(
    table.columns.map(({ name, values: [value] }) => [name, value]),
  );
  assert.deepEqual([values['class'], values['predicted'], values['right']], [null, 'real', null]);
});

test('a data set is a table of its own', async (t) => {
  const { run, results, images } = await scored(t);
  const table = imageTable(images, results, { run, stage: 'faces' });
  assert.ok(typeof table !== 'string');
  assert.equal(table.indexes.length, 4);
  assert.equal(
    imageTable(images, results, { run, stage: 'maps' }),
    'This stage has no scores and no data set, or `restage gc` removed them.',
  );
});

for (const sealed of [{ isSealed: true }, { isCopy: true }])
  test(`images of ${'isCopy' in sealed ? 'a copy of a sealed split, such as one of an earlier run,' : 'a sealed split'} are in no gallery, by whatever address`, async (t) => {
    const { run, results, objects, images } = await scored(t, sealed);
    const faces = imageTable(images, results, { run, stage: 'faces' });
    assert.ok(typeof faces !== 'string' && faces.dataset !== undefined);
    const splits = faces.columns.find(({ name }) => name === 'split')?.values;
    assert.deepEqual(splits, ['val', 'val']);
    const table = imageTable(images, results, { run, stage: 'a' });
    assert.ok(typeof table !== 'string');
    assert.deepEqual([table.dataset, table.indexes], [undefined, [-1, -1, -1]]);
    assert.equal(await images.picture(faces.dataset, 'test', 1), undefined);
    assert.equal(await images.thumbnail(faces.dataset, 'test', 1), undefined);
    assert.equal((await images.picture(faces.dataset, 'val', 1))?.type, 'image/png');
    const app = new Hono();
    app.get('/:member{.+}', (c) => objects.respond(c, faces.dataset!, c.req.param('member')));
    assert.equal((await app.request('/test/00000.tar')).status, 403);
    assert.equal((await app.request('/dataset.json')).status, 200);
  });

test('an image, its thumbnail and its map are found by their index, and nothing elsewhere', async (t) => {
  const { run, results, images } = await scored(t);
  const table = imageTable(images, results, { run, stage: 'a' });
  assert.ok(typeof table !== 'string' && table.dataset !== undefined);
  assert.equal((await images.picture(table.dataset, 'test', 1))?.type, 'image/png');
  assert.ok(await images.thumbnail(table.dataset, 'test', 1));
  for (const [split, index] of [
    ['test', 9],
    ['..', 0],
    ['test', Number.NaN],
    ['test', -1],
  ] as const) {
    assert.equal(await images.picture(table.dataset, split, index), undefined);
  }
  const [map, ...others] = images.mapsOf(resultsOf(run, results), 'test', 'test/1');
  assert.deepEqual([map?.label, others], ['maps: grad-cam, fake', []]);
  const [, , digest, row, file] = map!.src.split('/');
  assert.equal((await images.map(digest!, file!, Number(row)))?.type, 'image/png');
  assert.equal(await images.map(digest!, file!, 1), undefined);
  assert.equal(await images.map(digest!, 'maps.csv', 0), undefined);
  assert.deepEqual(
    images.mapsOf(resultsOf(run, results), 'test', 'test/0'),
    [],
    'it was measured and not kept',
  );
});

test('two maps of an image have one colour scale, whatever their method and size, which is that of reports', async (t) => {
  const { run, results, images } = await scored(t);
  const maps = images.mapsOf(resultsOf(run, results), 'test', 'test/2');
  assert.deepEqual(
    maps.map(({ label }) => label),
    ['maps: grad-cam, fake', 'maps: gradient, fake'],
  );
  const viridis = colourMap(usualColours);
  for (const { label, src } of maps) {
    const [, , digest, row, file] = src.split('/');
    const { bytes } = (await images.map(digest!, file!, Number(row)))!;
    const { data } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const colours = [0, 1, 2, 3].map((pixel) => [...data.subarray(3 * pixel, 3 * pixel + 3)]);
    assert.deepEqual(
      colours,
      [0, 1 / 3, 2 / 3, 1].map((share) => [...viridis(share)]),
      label,
    );
  }
});

test('an image whose bytes are lost or damaged is not there, and is as soon as they are again', async (t) => {
  const { run, results, images } = await scored(t);
  const table = imageTable(images, results, { run, stage: 'a' });
  assert.ok(typeof table !== 'string' && table.dataset !== undefined);
  const { dataset } = table;
  const { files } = outputOf(resultsOf(run, results).get('faces'), 'dataset')!;
  const shard = results.store.objectPath(files.find(({ path }) => path.endsWith('.tar'))!.digest);
  const whole = readFileSync(shard);
  rmSync(shard);
  writeFileSync(shard, '');
  assert.equal(await images.picture(dataset, 'test', 1), undefined);
  assert.equal(await images.thumbnail(dataset, 'test', 1), undefined);
  rmSync(shard);
  assert.equal(await images.picture(dataset, 'test', 1), undefined);
  writeFileSync(shard, whole);
  assert.equal((await images.picture(dataset, 'test', 1))?.type, 'image/png');
});
