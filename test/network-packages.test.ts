import assert from 'node:assert/strict';
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { layers, sequential } from '@tensorflow/tfjs';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { inRepository } from './support/pages.ts';
import { smallOnnx } from './support/small-onnx.ts';
import { layersArtifacts } from './support/tfjs-models.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';

before(() => selectBackend('cpu', { threads: 1 }));

test('the network of an installed package is listed and loaded by npm:package/path', async () => {
  using project = new Project(
    `stages:
  layers: { kind: network, inputs: { network: npm:networks/models/small.onnx } }
  loaded:
    kind: load-model
    inputs: { onnx: npm:networks/models/small.onnx }
    with: { classes: [real, fake], preprocessing: timm, imageSize: 8 }
`,
    {
      'node_modules/networks/package.json': '{"name": "networks", "version": "1.0.0"}',
      'node_modules/networks/models/small.onnx': '',
    },
  );
  writeFileSync(project.path('node_modules/networks/models/small.onnx'), smallOnnx());
  const { code, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  assert.match(project.read('artifacts/test/layers/layers.csv'), /^fc,Gemm,2 values,10,8$/m);
  const info = JSON.parse(project.read('artifacts/test/loaded/model/info.json'));
  assert.deepEqual([info.classes, info.input.size], [['real', 'fake'], 8]);
});

test('commands take the network of an installed package by npm:package/path, too', async () => {
  using project = new Project('stages: {}\n', {
    'node_modules/networks/package.json': '{"name": "networks", "version": "1.0.0"}',
    'node_modules/networks/models/small.onnx': '',
    'pictures/.keep': '',
  });
  const described = { classes: '["real", "fake"]', preprocessing: 'timm' };
  writeFileSync(project.path('node_modules/networks/models/small.onnx'), smallOnnx(8, described));
  const picture = { width: 9, height: 9, channels: 3, background: 'red' } as const;
  await sharp({ create: picture }).png().toFile(project.path('pictures/ada.png'));
  const model = 'npm:networks/models/small.onnx';

  const listed = await project.command('model', model);
  assert.deepEqual([listed.code, listed.stderr], [0, '']);
  assert.match(listed.stdout, /^small\.onnx at 8 x 8: The network of an ONNX file\.$/m);
  const question = ['pictures/ada.png', '--json', '--backend', 'cpu'];
  const explained = await project.command('explain-image', model, ...question);
  assert.deepEqual([explained.code, JSON.parse(explained.stdout).methods], [0, ['occlusion']]);
  const predicted = await project.command('predict', model, 'pictures', '--backend', 'cpu');
  assert.deepEqual([predicted.code, predicted.stderr], [0, '']);

  // As the inputs of a stage say it.
  const missing = {
    'npm:absent/models/small.onnx': 'No package of "npm:absent/models/small.onnx" is installed',
    'npm:networks/models/other.onnx': 'There is no file or folder "npm:networks/models/other.onnx"',
  };
  for (const [word, message] of Object.entries(missing)) {
    for (const words of [
      ['model', word],
      ['explain-image', word, 'pictures/ada.png'],
    ]) {
      const { code, stderr } = await project.command(...words);
      assert.deepEqual([code, stderr], [1, `error: ${message} [missing-file]\n`]);
    }
  }
});

test('variances of a package’s network that its 8 bits made zero are an error that counts them', async () => {
  using project = new Project(`stages:
  fit:
    kind: train
    inputs:
      dataset: data/faces
      network: npm:networks/models/model.min.js
      shards: [npm:networks/models/group1-shard1of1.min.js]
    with: { normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] }, imageSize: 16, epochs: 1 }
`);
  await writeTintedDataset(project.path('data/faces'), { train: 4, val: 2 });
  const net = sequential({ name: 'small' });
  net.add(layers.conv2d({ name: 'conv', kernelSize: 3, filters: 5, inputShape: [16, 16, 3] }));
  net.add(layers.batchNormalization({ name: 'norm' }));
  net.add(layers.globalAveragePooling2d({ name: 'pool' }));
  net.add(layers.dense({ name: 'scores', units: 5 }));
  const { modelTopology, weightSpecs = [] } = await layersArtifacts(net);
  // Every weight in 8 bits, in steps of 0.01: 1, 0, 0.5, 0, 0.
  const quantization = { min: 0, scale: 0.01, dtype: 'uint8' };
  const bytes = weightSpecs.flatMap(({ shape }) =>
    Array.from(
      { length: shape.reduce((size, length) => size * length, 1) },
      (_, i) => [100, 0, 50, 0, 0].at(i % 5)!,
    ),
  );
  const weights = weightSpecs.map((spec) => ({ ...spec, quantization }));
  const weightsManifest = [{ paths: ['group1-shard1of1'], weights }];
  const folder = project.path('node_modules/networks/models');
  mkdirSync(folder, { recursive: true });
  // As packages for browsers wrap a model: a module that gives its text, or its bytes in base64.
  const write = (name: string, content: object | string) =>
    writeFileSync(
      join(folder, `${name}.min.js`),
      `!function(a){module.exports=a()}(function(){return{1:[function(n,i,e){i.exports=${JSON.stringify(content)}},{}]}});`,
    );
  write('model', { format: 'layers-model', modelTopology, weightsManifest });
  write('group1-shard1of1', Buffer.from(bytes).toString('base64'));
  const { code, stderr } = await project.command('run', 'test.yaml');
  const place = realpathSync(join(folder, 'model.min.js'));
  assert.equal(code, 1);
  assert.equal(
    stderr.split('\n')[0],
    `pipelines/test.yaml:6:16: error: Expected variances above zero, got 3 of 5 that are not, in norm/moving_variance of ${place}: the file is damaged by storing them as uint8. [unusable-file]`,
  );
});

const skip = existsSync(inRepository('node_modules/nsfwjs')) && 'nsfwjs is installed here';

test('a published network says which package to install, where it is absent', {
  skip,
}, async () => {
  using project = new Project(`stages:
  seen:
    kind: embed
    inputs: { dataset: data/faces }
    with: { pretrained: inception-v3-nsfwjs, splits: [val] }
`);
  await writeTintedDataset(project.path('data/faces'), { val: 2 });
  const { code, messages } = await project.run();
  assert.deepEqual(
    [code, messages],
    [
      1,
      {
        seen: 'Expected the optional package nsfwjs beside the project, which is not installed: npm install nsfwjs@4.3.0.',
      },
    ],
  );
});
