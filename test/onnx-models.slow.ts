import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { assertClose } from './support/assert-close.ts';
import { Project } from './support/rig.ts';
import { smallOnnx } from './support/small-onnx.ts';

const side = 32;
const described = { classes: 'real,fake', preprocessing: 'torchvision' };

/** Every kind that takes a network, with an ONNX file. */
const yaml = `stages:
  drawn: { kind: make-faces, with: { size: 64, images: { train: 4, val: 4, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset, onnx: models/detector.onnx }
    with: { preprocessing: torchvision, imageSize: ${side}, freeze: backbone, epochs: 1, batchSize: 4 }
  seen:
    kind: embed
    inputs: { dataset: faces.dataset, onnx: models/detector.onnx }
    with: { preprocessing: torchvision, imageSize: ${side}, layer: Flatten }
  listed: { kind: network, inputs: { onnx: models/detector.onnx } }
  scores: { kind: evaluate, inputs: { onnx: models/detector.onnx, dataset: faces.dataset }, with: { splits: [test], draws: 0 } }
  new: { kind: predict, inputs: { onnx: models/detector.onnx, images: drawn.faces } }
  maps: { kind: saliency, inputs: { onnx: models/detector.onnx, dataset: faces.dataset }, with: { draws: 0 } }
  cams: { kind: gradcam, inputs: { onnx: models/detector.onnx, datasets: faces.dataset }, with: { draws: 0 } }
  faithful:
    kind: faithfulness
    inputs: { onnx: models/detector.onnx, dataset: faces.dataset }
    with: { images: 4, method: [gradient, grad-cam], curveSteps: 4, draws: 100 }
  board: { kind: competition, inputs: { onnx: models/undescribed.onnx, scores: scores.scores } }
  files: { kind: export, inputs: { onnx: models/detector.onnx } }
  loaded:
    kind: load-model
    inputs: { onnx: models/undescribed.onnx }
    with: { classes: [real, fake], preprocessing: torchvision, imageSize: ${side} }
  again: { kind: evaluate, inputs: { model: loaded.model, dataset: faces.dataset }, with: { splits: [test], draws: 0 } }
  rewritten: { kind: evaluate, inputs: { onnx: files.files, dataset: faces.dataset }, with: { splits: [test], draws: 0 } }
  both: { kind: gradcam, inputs: { models: [fit.model, models/detector.onnx], datasets: faces.dataset }, with: { draws: 0 } }
`;

function begun(pipeline: string): Project {
  const project = new Project(pipeline);
  mkdirSync(project.path('models'));
  writeFileSync(project.path('models/detector.onnx'), smallOnnx(side, described));
  writeFileSync(project.path('models/undescribed.onnx'), smallOnnx(side));
  return project;
}

/** The scores of images, in the order of the file. */
const scoresIn = (csv: string): readonly number[] =>
  csv
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(',').slice(3, 5).map(Number));

test('every kind that takes a network takes an ONNX file, with what its metadata says', async () => {
  using project = begun(yaml);
  const { outcomes, stdout, stderr } = await project.run();
  assert.deepEqual([...new Set(Object.values(outcomes))], ['ran'], stdout + stderr);
  assert.equal(Object.keys(outcomes).length, 16);
  const read = (path: string) => project.read(`artifacts/test/${path}`);

  assert.equal(read('scores/scores.csv'), read('again/scores.csv'));
  const scores = scoresIn(read('scores/scores.csv'));
  assert.equal(scores.length, 2 * 8);
  assert.ok(scores.some((score) => Math.abs(score) > 1e-3));
  assertClose(scoresIn(read('rewritten/scores.csv')), scores, 1e-5);
  assert.deepEqual([...project.files('artifacts/test/files/files')].sort(), [
    'info.json',
    'model.onnx',
    'model.safetensors',
    'tfjs/model.json',
    'tfjs/weights.bin',
  ]);
  const [counted] = read('listed/layers.csv').match(/^fc,Gemm,.*$/m)!;
  assert.equal(counted, 'fc,Gemm,2 values,10,8');
  assert.match(read('board/leaderboard.csv'), /^1,[^,]*,62,/m);
  assert.match(read('board/drawing/winner.svg'), /layer1/);
  const lines = (path: string) => read(path).trim().split('\n').length;
  assert.deepEqual([lines('new/scores.csv'), lines('maps/maps/maps.csv')], [31, 9]);
  assert.deepEqual(JSON.parse(read('cams/metrics.json')).layer, 'layer1/layer1.1/Add');
  assert.match(read('both/table.csv'), /models\/detector\.onnx/);

  const picture = sharp({ create: { width: 40, height: 50, channels: 3, background: '#963' } });
  writeFileSync(project.path('ada.png'), await picture.png().toBuffer());
  const command = async (...words: string[]) => {
    const ended = await project.command(...words);
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  assert.match(await command('model', 'models/undescribed.onnx'), /^62 learnable parameters/m);
  const explaining = ['explain-image', 'models/detector.onnx', 'ada.png', '--json'];
  const { images, methods } = JSON.parse(await command(...explaining, '--method', 'gradient'));
  assert.deepEqual([Object.keys(images[0].scores), methods], [['real', 'fake'], ['gradient']]);
  assert.match(await command('predict', 'models/detector.onnx', 'artifacts/test/drawn'), /^real /m);
});

test('a file that does not describe itself is an error that shows the stage to write', async () => {
  const data = `stages:
  drawn: { kind: make-faces, with: { size: 64, images: { train: 4, val: 4, test: 4 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
`;
  using project =
    begun(`${data}  scores: { kind: evaluate, inputs: { onnx: models/undescribed.onnx, dataset: faces.dataset } }
  maps: { kind: saliency, inputs: { model: models/detector.pth, dataset: faces.dataset } }
  cams: { kind: gradcam, inputs: { onnx: models/classes.onnx, datasets: faces.dataset } }
  faithful: { kind: faithfulness, inputs: { onnx: models/three.onnx, dataset: faces.dataset } }
  files: { kind: export, inputs: { onnx: models/preset.onnx } }
`);
  const write = (name: string, metadata: Readonly<Record<string, string>>) =>
    writeFileSync(project.path('models', name), smallOnnx(side, metadata));
  write('classes.onnx', { classes: 'real,fake' });
  write('three.onnx', { ...described, classes: '["a", "b", "c"]' });
  write('preset.onnx', { ...described, preprocessing: 'torchvison' });
  project.write('models/detector.pth', 'weights');
  const planned = await project.command('plan', 'test.yaml');
  const messages = planned.stderr
    .split('\n')
    .flatMap((line) => /: error: (.*) \[unusable-file\]$/.exec(line)?.[1] ?? []);
  const stage = (name: string, file: string, port: string, settings: string) =>
    `Describe it in a stage of its own, such as \`${name}: { kind: load-model, inputs: { ${port}: …/${file} }, with: { ${settings} } }\`, and give \`${name}.model\` in place of the file.`;
  const settings = 'classes: [real, fake], preprocessing: torchvision';
  const expected = 'Expected an ONNX file that';
  assert.deepEqual(messages, [
    `${expected} names its classes and says how images are prepared in its metadata, but undescribed.onnx does not. ${stage('undescribed', 'undescribed.onnx', 'onnx', settings)}`,
    `Expected a model or an ONNX file, but detector.pth holds weights without their network. ${stage('detector', 'detector.pth', 'weights', 'model: resnet-18')}`,
    `${expected} says how images are prepared in its metadata, but classes.onnx does not. ${stage('classes', 'classes.onnx', 'onnx', settings)}`,
    'Expected a value for each of the classes a, b, c in the metadata of three.onnx, got 2 values for each image.',
    'Expected torchvision, timm, keras, clip, or the text of a preprocessor_config.json, in the metadata "preprocessing" of preset.onnx, got "torchvison".',
  ]);

  project.write(
    'pipelines/test.yaml',
    `${data}  maps: { kind: saliency, inputs: { dataset: faces.dataset } }\n`,
  );
  const { stderr } = await project.command('plan');
  assert.match(stderr, /error: expected one of the inputs "model" and "onnx", got neither/);
  const refused = await project.command('explain-image', 'models/undescribed.onnx', 'ada.png');
  assert.equal(
    refused.stderr,
    `error: ${expected} names its classes and says how images are prepared in its metadata, but undescribed.onnx does not. ${stage('undescribed', 'undescribed.onnx', 'onnx', settings)} [unknown-model]\n\n  Then name the pipeline of that stage here, or the model that it publishes.\n`,
  );
});
