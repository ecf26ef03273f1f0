import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { MapNumber, MeasuredSurvey } from '../../src/learning/explanations/measure-survey.ts';
import { parseNpy } from '../../src/learning/vision/features/npy.ts';
import { StageError } from '../../src/stage.ts';
import { assertGolden } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import { type Frame, meansChart, saliencySheet } from './charts.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** A map of a metrics file. */
type Numbers = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'saliency-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
const masks = join(folder, 'masks');
before(async () => {
  await writeTintedDataset(dataset, { test: 9, lone: 1 });
  await writeUntrainedModel(model);
  const white = await sharp({ create: { width: 56, height: 56, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  for (const index of [1, 3]) {
    const file = join(masks, `masks/test/${index}.png`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, white);
  }
});
after(() => rmSync(folder, { recursive: true }));

async function explained(settings: object, inputs: object = {}): Promise<StageBench> {
  const bench = new StageBench();
  const few = { draws: 100, shown: 4, batchSize: 4 };
  await bench.run(spec, run, {
    inputs: { model, dataset, ...inputs },
    with: { ...few, ...settings },
  });
  return bench;
}

const metricsOf = (bench: StageBench): Numbers =>
  JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8'));
const listOf = (bench: StageBench): readonly (readonly string[])[] =>
  readFileSync(join(bench.output('maps'), 'maps.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
const mapsOf = (bench: StageBench, method = 'gradient') => {
  const parsed = parseNpy(readFileSync(join(bench.output('maps'), `${method}-00000.npy`)));
  assert.ok(parsed.ok);
  return parsed.value;
};

test('every image is measured, and the raw maps of those that are shown are kept, with a list of which is which', async () => {
  using bench = await explained({}, { masks });
  const numbers = metricsOf(bench)['gradient'] as Numbers;
  const [header, ...rows] = listOf(bench);

  assert.equal(
    header!.join(),
    'file,row,model,method,layer,split,key,path,class,source,explained,real,fake,topShare,maskShare,pointingGame,intersectionOverUnion,rise,gap',
  );
  assert.equal(rows.length, 9);
  const kept = rows.filter(([file]) => file === 'gradient-00000.npy');
  assert.deepEqual(
    kept.map(([, row]) => row),
    ['0', '1', '2', '3'],
  );
  assert.deepEqual(mapsOf(bench).shape, [4, 56, 56]);
  const shares = rows.filter((row) => row[8] === 'fake').map((row) => Number(row[13]));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  assert.ok(Math.abs((numbers as { fake: { topShare: number } }).fake.topShare - mean) < 1e-9);
  // The masks cover whole images, so every map points into them.
  const { images, pointingGame, intersectionOverUnionByChance } = numbers['masks'] as Numbers;
  assert.deepEqual([images, pointingGame, intersectionOverUnionByChance], [2, 1, 1]);
  assert.deepEqual(
    bench.highlights[0]!.rows.map(([net]) => net),
    ['trained', 'untrained, one draw', 'trained − untrained', 'by chance'],
  );
  assert.deepEqual(bench.progress.at(-1), {
    done: 18,
    total: 18,
    unit: 'images',
    note: 'untrained network',
  });
});

test('of a large split some images are explained, and those of the sheet are of these', async () => {
  using bench = await explained({ images: 6, maps: 'all' });
  using all = await explained({ untrained: false });
  const { images, real, fake } = metricsOf(bench);
  assert.deepEqual([images, real, fake], [6, 3, 3]);
  const [, ...rows] = listOf(bench);
  assert.deepEqual(mapsOf(bench).shape, [6, 56, 56]);
  const sheetOf = (from: StageBench) =>
    JSON.parse(readFileSync(join(from.output('sheet'), 'chart.vl.json'), 'utf8'));
  const keysOf = (from: StageBench) =>
    sheetOf(from).data.values.map(({ description }: { description: string }) =>
      description.replace(/:.*/, ''),
    );
  assert.deepEqual(keysOf(bench), keysOf(all));
  assert.equal(rows.length, 6);
  assert.deepEqual(bench.progress.at(-1), {
    done: 12,
    total: 12,
    unit: 'images',
    note: 'untrained network',
  });
});

test('the same settings give the same bytes, and another batch size the same maps up to rounding', async () => {
  using one = await explained({ maps: 'all', untrained: false });
  using again = await explained({ maps: 'all', untrained: false });
  using other = await explained({ maps: 'all', untrained: false, batchSize: 9 });

  for (const file of [
    'maps/gradient-00000.npy',
    'maps/maps.csv',
    'metrics.json',
    'sheet/chart.vl.json',
  ]) {
    const bytes = (bench: StageBench) => readFileSync(join(bench.root, 'outputs', file));
    assert.ok(bytes(one).equals(bytes(again)), file);
  }
  const values = mapsOf(one).values;
  const others = mapsOf(other).values;
  assert.equal(values.length, 9 * 56 * 56);
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 0);
  assert.ok(values.every((value, i) => Math.abs(value - others[i]!) < 1e-4 * most));
  assert.equal((metricsOf(one)['gradient'] as Numbers)['untrained'], undefined);
});

test('integrated gradients are compared with the sum that they should have', async () => {
  using bench = await explained({ method: 'integrated-gradients', steps: 1, untrained: false });
  const { relativeGap } = (metricsOf(bench)['integrated-gradients'] as Numbers)[
    'completeness'
  ] as Numbers;

  assert.ok((relativeGap as number) > 0.05);
  assert.match(
    bench.warnings.join('\n'),
    /^The attributions of integrated-gradients miss \d+\.\d % of the rise of the scores that they should sum to, on average\. Set "steps" above 1\.$/,
  );
  assert.ok(listOf(bench).every((row) => row.at(-2) !== '' && row.at(-1) !== ''));
});

test('a split of one image of one class has maps, and nothing to compare', async () => {
  using bench = await explained({ split: 'lone', method: 'input-x-gradient' });
  const { distance, fake } = metricsOf(bench)['input-x-gradient'] as Numbers;

  assert.equal(distance, null);
  assert.equal((fake as Numbers)['topShare'], null);
  assert.deepEqual(mapsOf(bench, 'input-x-gradient').shape, [1, 56, 56]);
});

test('what cannot be explained is refused before anything is made', async () => {
  const refused = (settings: object, message: string, inputs: object = {}) =>
    assert.rejects(() => explained(settings, inputs), new StageError(message));
  await refused(
    { class: 'fkae' },
    'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?',
  );
  await refused(
    {},
    'Expected masks of images of this split in the input "masks", such as masks/test/1.png of test/1.png, got none. Connect the folder that the images were loaded from, such as the output "faces" of make-faces.',
    { masks: folder },
  );
});

test('a setting that the method does not use is refused', () => {
  const check = (settings: object) =>
    spec.check!(spec.settings.parse(settings), new Set(['model']));
  assert.deepEqual(check({ steps: 50, noise: 0.1 }), [
    {
      at: ['noise'],
      message:
        'the method "gradient" does not use "noise", which is a setting of smooth-grad, smooth-grad-squared and var-grad',
    },
    {
      at: ['steps'],
      message:
        'the method "gradient" does not use "steps", which is a setting of integrated-gradients',
    },
  ]);
  assert.deepEqual(check({ method: 'integrated-gradients', steps: 10, baseline: 'mean' }), []);
  assert.deepEqual(check({ method: 'var-grad', samples: 10, noise: 0.1 }), []);
});

const numbers = new Map<string, MapNumber>(
  Object.entries({
    'real.topShare': { estimate: 0.4, low: 0.38, high: 0.42 },
    'real.meanMapTopShare': { estimate: 0.3 },
    'fake.topShare': { estimate: 0.5, low: 0.47, high: 0.52 },
    'fake.meanMapTopShare': { estimate: 0.31 },
    distance: { estimate: 0.06, low: 0.04, high: 0.07 },
    distanceByChance: { estimate: 0.02 },
    'untrained.topShare': { estimate: 0.25 },
    'untrained.distance': { estimate: 0.02 },
    'untrained.real.meanMapTopShare': { estimate: 0.2 },
    'untrained.fake.meanMapTopShare': { estimate: 0.21 },
  }),
);
const measured: MeasuredSurvey = {
  images: 121,
  keys: ['real', 'fake'],
  counts: [120, 1],
  accuracy: 0.75,
  isNearChance: false,
  methods: new Map([['gradient', numbers]]),
};
const frame: Frame = {
  classes: ['real', 'fake'],
  measured,
  labels: { seed: '2' },
  settings: { split: 'test', method: 'gradient', class: 'label', score: 'score', confidence: 0.95 },
};
const picture = 'data:image/png;base64,';

test('the sheet says what colours mean, and outlines right and wrong predictions', () => {
  const image = (key: string, label: number, fake: number, topShare: number) => ({
    key,
    label,
    topShare,
    image: `${picture}${key}`,
    map: `${picture}map`,
    logits: [0, fake] as const,
  });
  const shown = [
    image('a', 0, -1.5, 0.41),
    image('b', 0, 0.25, 0.38),
    image('c', 1, 2, Number.NaN),
  ];
  assertGolden(saliencySheet(shown, frame), new URL('golden/sheet.golden.json', import.meta.url));
});

test('the mean maps of both networks stand side by side', () => {
  const chart = meansChart([`${picture}r`, `${picture}f`], [`${picture}ur`, `${picture}uf`], frame);
  assertGolden(chart, new URL('golden/means.golden.json', import.meta.url));
});

test('the subtitle of mean maps warns if the network is near chance', () => {
  const near = { ...frame, measured: { ...measured, accuracy: 0.51, isNearChance: true } };
  const { title } = meansChart([`${picture}r`, `${picture}f`], undefined, near) as {
    title: { subtitle: string[] };
  };
  assert.match(
    title.subtitle.join(' '),
    /not measurably better than chance on these images \(accuracy 51\.0 %\): its maps may /,
  );
});
