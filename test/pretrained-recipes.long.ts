import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { layers, sequential } from '@tensorflow/tfjs';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { exportSafetensors, weightedNet } from '../src/learning/models/export/weighted-net.ts';
import { loadModel } from '../src/learning/models/model-files.ts';
import { noPyTorch } from './support/pytorch.ts';
import { Project, type RanOnce } from './support/rig.ts';
import { graphArtifacts, layersArtifacts, window, writeArtifacts } from './support/tfjs-models.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

const page = readFileSync(new URL('../docs/onnx.md', import.meta.url), 'utf8');
const architectures = fileURLToPath(new URL('support/pytorch-architectures.py', import.meta.url));

/** The code of a language in the section of the page with this heading. */
function codeOf(heading: string, language: string): string {
  const section = page.slice(page.indexOf(`### ${heading}\n`));
  const [, code] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)!;
  return code!;
}

const few = '{ kind: make-faces, with: { size: 64, images: { train: 4, val: 4, test: 4 } } }';

/** The pipeline of a recipe, for few images that train once. */
const shortened = (heading: string): string =>
  codeOf(heading, 'yaml')
    .replace('{ kind: make-faces }', few)
    .replace('batchSize: 16', 'batchSize: 4\n      epochs: 1');

/**
 * Runs a recipe of the page as it stands, but for two things: `made` makes the network with random
 * weights in place of the library's call, and few images train once.
 */
async function run(heading: string, call: RegExp, made: string): Promise<RanOnce> {
  const python = codeOf(heading, 'python');
  assert.match(python, call);
  using project = new Project(shortened(heading));
  mkdirSync(project.path('models'));
  const script = [
    'import runpy',
    `networks = runpy.run_path(${JSON.stringify(architectures)})["NETWORKS"]`,
    python.replace(/^import .*$/m, 'import torch').replace(call, made),
  ].join('\n');
  const { status, stderr } = spawnSync('/usr/bin/python3', ['-W', 'ignore', '-c', script], {
    cwd: project.root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return await project.run();
}

const allRan = { drawn: 'ran', faces: 'ran', fit: 'ran', maps: 'ran' };

suite('recipes that start from a pretrained network', { skip: noPyTorch ?? false }, () => {
  test('a network of timm trains by its ONNX file, and is explained', async () => {
    const call = /timm\.create_model\(.*?\)/;
    const ended = await run('timm, by ONNX', call, 'networks["deit_tiny"][0]()');
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /The network of .*\.onnx up to /);
  });

  test('weights of torchvision fill resnet-18 from their .pth, all but its head', async () => {
    const call = /torchvision\.models\.resnet18\(.*?\)/;
    const ended = await run('torchvision, by its `.pth`', call, 'networks["resnet18"][0]()');
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Random, as part of the head: /);
  });
});

suite('recipes with files of Hugging Face, Keras and npm', () => {
  before(() => selectBackend('cpu', { threads: 1 }));

  test('weights of Hugging Face fill resnet-18, and images are prepared as their file says', async () => {
    using project = new Project(shortened('Hugging Face, by safetensors'));
    const model = project.path('made');
    await writeUntrainedModel(model, { net: 'resnet-18', imageSize: 65 });
    const folder = project.path('models/resnet18');
    mkdirSync(folder, { recursive: true });
    const weights = exportSafetensors(weightedNet(await loadModel(model)), {});
    writeFileSync(join(folder, 'model.safetensors'), weights);
    const config = { input_size: [3, 64, 64], interpolation: 'bicubic', crop_pct: 0.95 };
    const colours = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const pretrained = { architecture: 'resnet18', pretrained_cfg: { ...config, ...colours } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(pretrained));
    const ended = await project.run();
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /which names them as PyTorch does/);
    assert.match(
      ended.stdout,
      /Images are prepared as the input .*preprocessing.* says: resize 67, crop 64/,
    );
  });

  test('a network of Keras trains by its tfjs model, and is explained', async () => {
    using project = new Project(shortened('Keras, by tfjs'));
    const net = sequential({ name: 'mobilenet' });
    const same = { kernelSize: 3, strides: 4, padding: 'same', useBias: false } as const;
    net.add(layers.conv2d({ ...same, name: 'Conv1', filters: 8, inputShape: [224, 224, 3] }));
    net.add(layers.batchNormalization({ name: 'bn_Conv1' }));
    net.add(layers.reLU({ name: 'Conv1_relu', maxValue: 6 }));
    net.add(layers.depthwiseConv2d({ ...same, name: 'depthwise' }));
    net.add(layers.batchNormalization({ name: 'depthwise_bn' }));
    net.add(layers.globalAveragePooling2d({ name: 'pool' }));
    net.add(layers.dense({ name: 'predictions', units: 20, activation: 'softmax' }));
    writeArtifacts(project.path('models/mobilenet'), await layersArtifacts(net));
    const ended = await project.run();
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(
      ended.stdout,
      /The network of model\.json up to .*pool.*, then a head of 1 layers/,
    );
    assert.match(ended.stdout, /From epoch 1 on 50 of 338 parameters train/);
  });

  test('a network of an npm package trains on crops, with BatchNorm put back', async () => {
    const yaml = shortened('npm').replace('crop: 224', 'crop: 48');
    using project = new Project(yaml);
    const node = (name: string, op: string, input: readonly string[], attr: object = {}) => ({
      name,
      op,
      input,
      attr,
    });
    const nodes = [
      node('conv', 'Conv2D', ['image', 'kernel'], window(2, 'SAME')),
      node('conv/relu', 'Relu', ['conv']),
      node('global_pooling/Mean', 'Mean', ['conv/relu', 'places']),
      node('age', 'MatMul', ['global_pooling/Mean', 'matrix']),
      node('gender', 'Sigmoid', ['age']),
    ];
    const constants = {
      kernel: { shape: [3, 3, 3, 6] },
      places: { shape: [2], values: [1, 2], isInteger: true },
      matrix: { shape: [6, 2] },
    } as const;
    const made = project.path('made');
    const [model = '', shard = ''] = writeArtifacts(made, graphArtifacts(nodes, constants));
    const folder = project.path('node_modules/@vladmandic/human/models');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'faceres.json'),
      readFileSync(model, 'utf8').replace('group1-shard1of1.bin', 'faceres.bin'),
    );
    renameSync(shard, join(folder, 'faceres.bin'));
    const ended = await project.run();
    assert.deepEqual(ended.outcomes, allRan, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /The network of faceres\.json up to .*global_pooling\/Mean/);
    assert.match(
      ended.stdout,
      /BatchNorm is put back after 1 convolutions, with the statistics of 8/,
    );
  });
});
