import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { tensor } from '@tensorflow/tfjs';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { facePlaced } from '../../src/learning/faces/parts/testing-schematic-face.ts';
import { buildNet } from '../../src/learning/models/build-net.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { type ModelSetting, netOf } from '../../src/learning/models/model-setting.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { parseNpy } from '../../src/learning/vision/features/npy.ts';

import { StageError } from '../../src/stage.ts';
import { type BenchStage, StageBench } from '../../test/support/stage-bench.ts';
import { writeTintedDataset } from '../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../test/support/untrained-model.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const size = 32;
const corner = 8;

/**
 * Grey images of which the fakes have a red corner, upper left. The first fake's is grey as well.
 */
async function writeCorners(folder: string, split = 'test'): Promise<void> {
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: [split] });
  for (let index = 0; index < 6; index++) {
    const label = index % 2;
    const isRed = label === 1 && index > 1;
    const red = [255, 0, 0];
    const pixels = Buffer.from(
      Array.from({ length: size * size * 3 }, (_, i) => {
        const y = Math.floor(i / 3 / size);
        const x = Math.floor(i / 3) % size;
        return isRed && y < corner && x < corner ? red[i % 3]! : 100;
      }),
    );
    const png = sharp(pixels, { raw: { width: size, height: size, channels: 3 } }).png();
    const key = `${split}/${index}`;
    const sample = {
      key,
      label,
      source: label === 0 ? 'real' : 'fake',
      path: `${key}.png`,
      width: size,
      height: size,
    };
    writer.add(split, sample, await png.toBuffer());
  }
  writer.finish();
}

/**
 * A network whose only convolution fires where red is above green: the more it fires, the more
 * probable is a fake.
 */
async function writeRedFinder(
  folder: string,
  { imageSize = size, weight = 40 } = {},
): Promise<void> {
  const net: ModelSetting = {
    layers: [
      { conv: 1, kernel: 1, name: 'red' },
      { activation: 'relu' },
      { globalAveragePool: true },
      { dense: 2, name: 'logits' },
    ],
  };
  const model = buildNet(netOf(net), imageSize);
  model.setWeights([
    tensor([1, -1, 0], [1, 1, 3, 1]),
    tensor([0]),
    tensor([0, weight], [1, 2]),
    tensor([1, 0]),
  ]);
  const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  const info = {
    architecture: net,
    classes: ['real', 'fake'],
    training: {},
    chosenEpoch: 1,
    backend: 'none',
    input: { size: imageSize, fit: 'cover', kernel: 'linear', normalise },
  } as ModelInfo;
  await saveModel(folder, { model, info });
}

const small: ModelSetting = {
  layers: [
    { conv: 4, kernel: 3, stride: 2, padding: 'same', name: 'first' },
    { activation: 'relu' },
    { conv: 6, kernel: 3, name: 'second' },
    { activation: 'relu' },
    { globalAveragePool: true },
    { dense: 2 },
  ],
};

/** Writes the corners, and a network that finds them, into a bench. */
async function writeInputs(bench: StageBench) {
  const model = join(bench.root, 'model');
  const dataset = join(bench.root, 'dataset');
  await writeCorners(dataset);
  await writeRedFinder(model);
  return { model, dataset };
}

const explain = (bench: StageBench, stage: BenchStage) =>
  bench.run(spec, run, {
    ...stage,
    with: { draws: 50, untrained: false, ...(stage.with as object) },
  });

const outputOf = (bench: StageBench, port: keyof typeof spec.outputs) =>
  readFileSync(bench.output(port, spec.outputs[port]), 'utf8');

function mapsOf(bench: StageBench, file: string) {
  const parsed = parseNpy(readFileSync(join(bench.output('maps'), file)));
  assert.ok(parsed.ok);
  return parsed.value;
}

function sheetOf(bench: StageBench) {
  const chart = JSON.parse(readFileSync(join(bench.output('sheet'), 'chart.vl.json'), 'utf8'));
  const { data } = chart.layer.find(
    ({ data }: { data?: { name: string } }) => data?.name === 'headers',
  );
  return {
    title: chart.title.text.join(' ') as string,
    subtitle: chart.title.subtitle.join(' ') as string,
    cells: chart.data.values as readonly {
      image?: string;
      caption?: string;
      lack?: string;
      description: string;
    }[],
    headers: data.values.map(({ header }: { header: string }) =>
      header.replaceAll('\n', ' '),
    ) as string[],
  };
}

test('with a table of faces, maps are divided by the parts of each face', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  // So large that its right eye, of the person, covers the corner that is red in fakes.
  const landmarks = facePlaced(100, { x: 4 - 35, y: 4 - 40 })
    .map(({ x, y }) => `${x} ${y}`)
    .join(' ');
  const faces = join(bench.root, 'faces.csv');
  const rows = [1, 2, 3].map((index) => `test,test/${index}.png,test/${index},${landmarks}`);
  writeFileSync(faces, ['split,path,crop,landmarks', ...rows].join('\n'));
  await explain(bench, {
    inputs: { models: [model], datasets: [dataset], faces: [faces] },
    with: { class: 'fake', untrained: true },
  });
  const { 'grad-cam': numbers } = JSON.parse(outputOf(bench, 'metrics'));
  assert.equal(numbers.faces.images, 3);
  assert.equal(numbers.fake.parts.eyes, 1, 'of the fake with a red corner and a face');
  assert.equal(numbers.fake.parts.outside, 0);
  assert.equal(numbers.real.parts.eyes, null, 'all of its map is zero');
  assert.ok(numbers.fake.partAreas.eyes > 0 && numbers.fake.partAreas.eyes < 0.5);
  assert.ok('eyes' in numbers.aboveUntrained.fake.parts);
  assert.ok(!('partAreas' in numbers.untrained.fake), 'areas are those of the images');
  const table = bench.highlights.find(({ title }) => title.startsWith('Where in a face'))!;
  assert.deepEqual(table.columns, [
    'method',
    'part',
    'real: of the pixels',
    'of the maps',
    'trained − untrained',
    'fake: of the pixels',
    'of the maps',
    'trained − untrained',
  ]);
  const [, part, , ofReal, , , ofFake] = table.rows[0]!;
  assert.deepEqual([part, ofReal, ofFake], ['eyes', '–', '100.0 %']);
});

test('the map of a network that fires on a red corner lies there, and the sheet names outcomes without images', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  await explain(bench, { inputs: { models: [model], datasets: [dataset] } });
  const { title, subtitle, cells, headers } = sheetOf(bench);
  assert.equal(title, 'Grad-CAM on test');
  assert.equal(
    subtitle,
    'First the image with its class, the predicted class and its probability; then a map for each method, over the image: yellow where a place raises the score of its own class most, violet where least. One image of each class and outcome, drawn from test (seed 7).',
  );
  assert.deepEqual(headers, [
    'layer red; predicted right: 3 of 3 real, 2 of 3 fake',
    'predicted wrong: 0 of 3 real, 1 of 3 fake',
  ]);
  assert.deepEqual(
    cells.map(({ caption, lack }) => caption ?? lack ?? ''),
    [
      'class: real\npredicted: real\n73.1 %',
      'Grad-CAM\nfor real\nzero everywhere',
      'class: fake\npredicted: fake\n81.8 %',
      'Grad-CAM\nfor fake',
      'no real image\npredicted wrong',
      '',
      'class: fake\npredicted: real\n73.1 %',
      'Grad-CAM\nfor fake\nzero everywhere',
    ],
  );
  assert.equal(cells[0]!.image, cells[1]!.image); // nothing lies over it
  const fake = cells[3]!.description;
  assert.match(fake, /^test\/\d\.png: fake, predicted fake, 81\.8 %; Grad-CAM for fake at red$/);

  const { shape, values } = mapsOf(bench, 'grad-cam-00000.npy');
  assert.deepEqual(shape, [6, size, size]);
  const third = values.subarray(3 * size * size, 4 * size * size);
  for (const [i, value] of third.entries()) {
    const isRed = Math.floor(i / size) < corner && i % size < corner;
    // The gradient, not scaled, times 1.
    assert.ok(isRed ? Math.abs(value - 40 / size ** 2) < 1e-6 : value === 0);
  }
  const [header, ...rows] = [
    ...csvRecords(readFileSync(join(bench.output('maps'), 'maps.csv'), 'utf8')),
  ];
  assert.equal(header!.fields[6], 'key');
  assert.deepEqual(
    rows[3]!.fields.slice(0, 11).join(),
    'grad-cam-00000.npy,3,,grad-cam,red,test,test/3,test/3.png,fake,fake,fake',
  );
  assert.equal(rows[3]!.fields[header!.fields.indexOf('topShare')], '1');
  assert.deepEqual(bench.warnings, [
    'Constant maps on test: 4 of 6 by Grad-CAM (3 of real images, 1 of fake ones). There red shows nothing of the class. Shares of pixels are means over the other maps.',
  ]);
});

test('maps are scored against masks of what was forged, in metrics, table and highlights', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  const masks = join(bench.root, 'made');
  const white = (_: unknown, i: number) =>
    Math.floor(i / size) < corner && i % size < corner ? 255 : 0;
  const mask = sharp(Buffer.from(Array.from({ length: size * size }, white)), {
    raw: { width: size, height: size, channels: 1 },
  }).png();
  for (const index of [3, 5]) {
    const path = join(masks, `masks/test/${index}.png`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await mask.toBuffer());
  }
  const inputs = { models: [model], datasets: [dataset], masks: [masks] };
  await explain(bench, { inputs, with: { method: ['grad-cam', 'hires-cam'], untrained: true } });
  const metrics = JSON.parse(outputOf(bench, 'metrics'));
  assert.deepEqual(Object.keys(metrics), [
    'split',
    'class',
    'score',
    'confidence',
    'layer',
    'images',
    'real',
    'fake',
    'accuracy',
    'grad-cam',
    'hires-cam',
  ]);
  const { masks: scores, real, fake, untrained } = metrics['grad-cam'];
  assert.deepEqual([scores.images, scores.pointingGame, scores.intersectionOverUnion], [2, 1, 1]);
  assert.deepEqual([real.constantMaps, fake.constantMaps, real.topShare], [3, 1, null]);
  assert.ok(fake.topShare > 0.99 && 'topShare' in untrained.fake);
  const [header, first, second, ...others] = [...csvRecords(outputOf(bench, 'table'))].map(
    ({ fields }) => fields,
  );
  assert.equal(others.length, 0);
  assert.deepEqual(first!.slice(0, 7), ['', 'grad-cam', 'red', '6', '3', '3', String(5 / 6)]);
  assert.equal(second![header!.indexOf('masks.pointingGame')], '1');
  assert.deepEqual(header!.slice(7, 14), [
    'topShare',
    'topShareLow',
    'topShareHigh',
    'real.topShare',
    'real.topShareLow',
    'real.topShareHigh',
    'real.regions.topLeft',
  ]);
  assert.deepEqual(
    bench.highlights.map(({ columns, rows }) => [columns.length, rows.map(([method]) => method)]),
    [[11, ['Grad-CAM', 'HiResCAM']]],
  );
});

test('maps do not depend on the batch size, not even those of Score-CAM and of the control', async () => {
  using bench = new StageBench();
  const { dataset } = await writeInputs(bench);
  const model = join(bench.root, 'untrained');
  await writeUntrainedModel(model, { net: small, imageSize: size });
  const methods = ['grad-cam', 'score-cam', 'random-cam'];
  const made = async (batchSize: number) => {
    await explain(bench, {
      inputs: { models: [model], datasets: [dataset] },
      with: { method: methods, batchSize },
    });
    return methods.map((method) => mapsOf(bench, `${method}-00000.npy`).values);
  };
  const two = await made(2);
  const five = await made(5);
  for (const [i, maps] of two.entries()) {
    const scale = Math.max(...maps);
    assert.ok(scale > 0);
    assert.ok(
      maps.every((value, k) => Math.abs(value - five[i]![k]!) <= 1e-4 * scale),
      methods[i],
    );
  }
});

test('of a large split some images are explained, of both classes', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  await explain(bench, {
    inputs: { models: [model], datasets: [dataset] },
    with: { images: 4, untrained: true },
  });
  const { images, real, fake } = JSON.parse(outputOf(bench, 'metrics'));
  assert.deepEqual([images, real, fake], [4, 2, 2]);
  assert.deepEqual(mapsOf(bench, 'grad-cam-00000.npy').shape, [4, size, size]);
  assert.match(
    sheetOf(bench).subtitle,
    / One image of each class and outcome, drawn from at most 4 images of test /,
  );
  assert.match(
    sheetOf(bench).headers[0]!,
    /^layer red; predicted right: 2 of 2 real, \d of 2 fake$/,
  );
  assert.deepEqual([bench.progress.at(-1)!.done, bench.progress.at(-1)!.total], [8, 8]);
});

test('several models are shown below each other, each with its own data set, layer and files', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  const other = join(bench.root, 'other');
  await writeUntrainedModel(other, { net: small, imageSize: size });
  const models = [
    { path: model, labels: { net: 'finder', set: 'corners' } },
    { path: other, labels: { net: 'tiny', set: 'corners' } },
  ];
  const method = ['layer-cam', 'grad-cam', 'random-cam'];
  const layer = { tiny: 'first' };
  await explain(bench, {
    inputs: { models, datasets: [dataset] },
    with: { method, layer, title: 'Where' },
  });
  const { title, subtitle, headers, cells } = sheetOf(bench);
  assert.equal(title, 'Where: LayerCAM, Grad-CAM and RandomCAM');
  assert.equal(headers.length, 4);
  assert.equal(headers[0], 'finder, layer red; predicted right: 3 of 3 real, 2 of 3 fake');
  assert.match(headers[2]!, /^tiny, layer first; predicted right: /);
  assert.ok(cells.length % 4 === 0);
  assert.deepEqual(mapsOf(bench, '1-layer-cam-00000.npy').shape, [6, size, size]);
  assert.deepEqual(mapsOf(bench, '2-layer-cam-00000.npy').shape, [6, size / 2, size / 2]);
  const metrics = JSON.parse(outputOf(bench, 'metrics'));
  assert.deepEqual(Object.keys(metrics.models), ['finder', 'tiny']);
  assert.equal(metrics.models.tiny.layer, 'first');
  const { more, less, images, topShare } = metrics.mostOverLeast;
  assert.deepEqual([more, less, images], ['finder', 'tiny', 2]);
  assert.ok(topShare > 0.5);
  assert.match(subtitle, /RandomCAM: where the layer is active, whatever the class\. /);
  const [lead] = bench.highlights[1]!.rows;
  assert.deepEqual(lead!.slice(0, 3), ['finder', 'tiny', 2]);
  assert.match(String(lead![3]), /^\+\d\d\.\d points$/);
});

test('maps of few cells have a ceiling beside their concentration, and a warning', async () => {
  using bench = new StageBench();
  const { dataset } = await writeInputs(bench);
  const model = join(bench.root, 'coarse');
  const net: ModelSetting = {
    layers: [
      { conv: 4, kernel: 3, stride: 2, padding: 'same', name: 'fine' },
      { maxPool: 8 },
      { conv: 4, kernel: 3, padding: 'same', name: 'coarse' },
      { globalAveragePool: true },
      { dense: 2 },
    ],
  };
  await writeUntrainedModel(model, { net, imageSize: size });
  const inputs = { models: [model], datasets: [dataset] };
  const shares = async (layer: string) => {
    await explain(bench, { inputs, with: { layer, untrained: true } });
    return JSON.parse(outputOf(bench, 'metrics'))['grad-cam'];
  };

  const coarse = await shares('coarse');
  assert.ok(Math.abs(coarse.topShareCeiling - 0.388) < 0.02, coarse.topShareCeiling);
  assert.ok(coarse.topShare <= coarse.topShareCeiling);
  assert.ok(!('topShareCeiling' in coarse.untrained));
  const percent = `${(100 * coarse.topShareCeiling).toFixed(1)} %`;
  assert.deepEqual(
    bench.warnings.filter((warning) => warning.startsWith('Maps')),
    [
      `Maps have 2 x 2 cells at coarse, for 32 x 32 pixels: even one cell alone has only ${percent} of its map in a tenth of the pixels. Name an earlier layer, or train on larger images, before you compare such shares.`,
    ],
  );
  const { columns, rows } = bench.highlights.at(-1)!;
  assert.equal(rows[0]![columns.indexOf('at most')], percent);

  bench.warnings.length = 0;
  assert.equal((await shares('fine')).topShareCeiling, 1);
  assert.deepEqual(
    bench.warnings.filter((warning) => warning.startsWith('Maps')),
    [],
  );
});

test('a model of several classes has maps for the class of each image, and numbers by the names of classes', async () => {
  using bench = new StageBench();
  const classes = ['cat', 'dog', 'owl'];
  const model = join(bench.root, 'model');
  const dataset = join(bench.root, 'dataset');
  await writeTintedDataset(dataset, { test: 6 }, classes);
  const net = {
    layers: [...(small as { layers: object[] }).layers.slice(0, -1), { dense: 3 }],
  } as ModelSetting;
  await writeUntrainedModel(model, { net, imageSize: size, classes });
  await explain(bench, {
    inputs: { models: [model], datasets: [dataset] },
    with: { score: 'margin' },
  });
  const [, ...rows] = [...csvRecords(readFileSync(join(bench.output('maps'), 'maps.csv'), 'utf8'))];
  assert.deepEqual(
    rows.map(({ fields }) => fields[8]),
    ['cat', 'dog', 'cat', 'dog', 'cat', 'dog'],
  );
  const metrics = JSON.parse(outputOf(bench, 'metrics'));
  assert.deepEqual(metrics.classes, { cat: 3, dog: 3, owl: 0 });
  assert.ok(metrics['grad-cam'].dog.topShare > 0);
  assert.deepEqual(
    Object.entries(metrics['grad-cam'].distances).map(([one, others]) => [
      one,
      ...Object.keys(others as object),
    ]),
    [
      ['cat', 'dog', 'owl'],
      ['dog', 'owl'],
    ],
  );
});

test('what cannot be explained is refused before anything is computed, with the name of the model', async () => {
  using bench = new StageBench();
  const { model, dataset } = await writeInputs(bench);
  const dense = join(bench.root, 'dense');
  const net: ModelSetting = { layers: [{ flatten: true }, { dense: 2 }] };
  await writeUntrainedModel(dense, { net, imageSize: size });
  const large = join(bench.root, 'large');
  await writeRedFinder(large, { imageSize: 320 });
  const refuses = async (
    message: string,
    settings: object,
    models: readonly string[] = [model],
    more: object = {},
  ) => {
    const inputs = { models, datasets: [dataset], ...more };
    await assert.rejects(explain(bench, { inputs, with: settings }), new StageError(message));
    assert.deepEqual(bench.progress, []);
  };
  await refuses(
    'Expected a convolution of the network for the layer, got the Dense "logits". There is only red.',
    {
      layer: 'logits',
    },
  );
  await refuses(
    'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?',
    {
      class: 'fkae',
    },
  );
  await refuses(
    'Expected a class for "class" (real, fake), or label or predicted, got "fkae". Did you mean "fake"?\nExpected a convolution of the network for the layer, got the Dense "logits". There is only red.',
    { class: 'fkae', layer: 'logits' },
  );
  await refuses(
    'Expected a network with a convolution whose feature maps have more than one pixel, got none.',
    {},
    [dense],
  );
  await refuses(
    'Expected images of at least 40 × 40 pixels, an eighth of the 320 × 320 that the network sees, got 32 × 32: test/0.png, and 5 more. A map would mostly show how the image was enlarged.',
    {},
    [large],
  );
  await refuses(
    'Expected an axis value or the stage of a model for the layer "red", got "finder". It has none: give the layer alone.',
    { layer: { finder: 'red' } },
  );
  await refuses(
    'Expected masks of images of this split in the input "masks", such as masks/test/1.png of test/1.png, got none. Connect the folder that the images were loaded from, such as the output "faces" of make-faces.',
    {},
    [model],
    { masks: [bench.root] },
  );
  const broken = join(bench.root, 'broken');
  await writeRedFinder(broken, { weight: Number.NaN });
  const where = join(broken, 'model.json');
  await refuses(`Expected finite weights, got NaN as value 1 of logits/kernel in ${where}.`, {}, [
    broken,
  ]);
  const labelled = [model, dense].map((path, i) => ({
    path,
    labels: { net: ['finder', 'dense'][i]! },
  }));
  await assert.rejects(
    explain(bench, { inputs: { models: labelled, datasets: [dataset] } }),
    new StageError(
      'dense: Expected a network with a convolution whose feature maps have more than one pixel, got none.',
    ),
  );
});
