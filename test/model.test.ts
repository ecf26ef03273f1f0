import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeSafetensors } from '../src/learning/models/weights/safetensors.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { smallOnnx } from './support/small-onnx.ts';
import { graphArtifacts, window, writeArtifacts } from './support/tfjs-models.ts';
import { print } from './support/two-stages.ts';
import { untrainedInfo } from './support/untrained-model.ts';

const stages = `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces }
    with:
      imageSize: 32
      model:
        layers:
          - { conv: 8, kernel: 5 }
          - relu
          - residual: [{ separableConv: 8, padding: same }, batchNorm]
          - residual: [{ maxPool: 2 }]
            shortcut: [{ conv: 8, kernel: 1, stride: 2 }]
          - globalAveragePool
          - { dense: 2 }
  again:
    kind: train
    inputs: { dataset: data/faces }
    with: { model: my-net }
  count:
    kind: command
    inputs: { dataset: data/faces }
    outputs: { text: out/count.txt }
    with: { run: "ls \${inputs.dataset} > \${outputs.text}" }
`;

const files = { 'data/faces/dataset.json': '{}' };

const table = `fit at 32 x 32: its layers are in pipelines/test.yaml.

layer               does                        output       parameters  multiply-adds
image                                           32 x 32 x 3
conv1               conv 5 x 5, relu            28 x 28 x 8         608        470,400
│ sepconv1          separable conv 3 x 3, same  28 x 28 x 8         144        106,624
│ bn1               batch norm                  28 x 28 x 8          16
└ residual1_add     adds the input              28 x 28 x 8
│ pool1             max-pool 2 x 2              14 x 14 x 8
┆ conv2             conv 1 x 1, stride 2        14 x 14 x 8          72         12,544
└ residual2_add     adds the shortcut           14 x 14 x 8
globalAveragePool1  global average pool         8 values
dense1              dense                       2 values             18             16

858 learnable parameters, beside 16 moving statistics; 589,584 multiply-adds an image
`;

test('model shows the layers of a network that a pipeline trains, and draws it', async () => {
  using project = new Project(stages, files);
  assert.equal(await print(project, 'model', 'test.yaml', 'fit'), table);
  assert.match(
    await print(project, 'model', 'test.yaml', 'fit', '--svg', 'net.svg'),
    /\nDrew it in net\.svg\n$/,
  );
  assert.match(project.read('net.svg'), /^<svg .*>fit at 32 x 32</s);
});

test('model lists the named networks, and shows one outside of any project, at any size', async () => {
  using project = new Project(stages);
  project.remove('pipelines');
  const list = await print(project, 'model');
  for (const name of [
    'simple-net',
    'xception',
    'xception-based',
    'my-net',
    'tiny-xception',
    'face-resnet',
    'resnet-18',
    'resnet-50',
    'vit-small',
  ]) {
    assert.match(list, new RegExp(`^${name} +\\S`, 'm'));
  }
  const text = await print(
    project,
    'model',
    'xception',
    '--classes',
    '1000',
    '--image-size',
    '299',
  );
  assert.match(text, /^Xception at 299 x 299: 36 convolutions in 14 modules/);
  assert.match(
    text,
    /\navg_pool +global average pool +2,048 values\nlogits +dense +1,000 values +2,049,000 +2,048,000\n/,
  );
  assert.match(
    text,
    /\n22,855,952 learnable parameters, beside 54,528 moving statistics; 8,357,403,496 multiply-adds an image\n$/,
  );
});

test('model marks blocks within blocks, and draws branches', async () => {
  using project = new Project(stages);
  const text = await print(project, 'model', 'efficientnet-b0', '--image-size', '224');
  assert.match(text, /\n│ ┆ features\/2\/1\/block\/2\/fc2 +conv 1 x 1 +1 x 1 x 144 /);
  const inception = await print(project, 'model', 'inception-v3', '--svg', 'inception.svg');
  assert.match(inception, /\n├ Mixed_5b\/branch1x1\/conv +conv 1 x 1 /);
  assert.match(inception, /\n│ └ Mixed_7c\/branch3x3_2_concat +joins 2 branches /);
  assert.match(inception, /\n└ Mixed_7c_concat +joins 4 branches /);
  assert.match(project.read('inception.svg'), /side by side/);
});

test('model shows the network of a folder of a trained model', async () => {
  const info = untrainedInfo({ layers: ['flatten', { dense: 2 }] }, 4);
  using project = new Project(stages, {
    'out/model/info.json': JSON.stringify(info),
    'out/other/info.json': JSON.stringify({ ...info, architecture: 'lost-net' }),
  });
  assert.match(
    await print(project, 'model', 'out/model'),
    /^out\/model at 4 x 4: Trained, in out\/model\.\n/,
  );
  const { code, stderr } = await project.command('model', 'out/other');
  assert.deepEqual(
    [code, stderr],
    [1, 'error: Expected a network in out/other/info.json, got something else [no-model]\n'],
  );
});

test('model lists the nodes of an ONNX file, and draws its modules', async () => {
  using project = new Project(stages);
  writeFileSync(project.path('net.onnx'), smallOnnx());
  assert.equal(
    await print(project, 'model', 'net.onnx', '--svg', 'net.svg'),
    `net.onnx at 8 x 8: The network of an ONNX file.

layer                      does               output     parameters  multiply-adds
image                                         8 x 8 x 3
conv1                      Conv               8 x 8 x 4          12            768
layer1.0.conv              Conv               8 x 8 x 4          20          1,024
layer1/layer1.0/relu/Relu  Relu               8 x 8 x 4
layer1/layer1.0/Add        Add                8 x 8 x 4
layer1.1.conv              Conv               8 x 8 x 4          20          1,024
layer1/layer1.1/relu/Relu  Relu               8 x 8 x 4
layer1/layer1.1/Add        Add                8 x 8 x 4
pool/GlobalAveragePool     GlobalAveragePool  1 x 1 x 4
Flatten                    Flatten            4 values
fc                         Gemm               2 values           10              8

62 learnable parameters; 2,824 multiply-adds an image
Drew it in net.svg
`,
  );
  assert.match(project.read('net.svg'), />layer1\.0</);
  const { code, stderr } = await project.command('model', 'net.onnx', '--image-size', '9');
  assert.deepEqual(
    [code, stderr],
    [
      1,
      'error: Expected images of 8 pixels a side, as net.onnx takes them, got imageSize 9. [no-model]\n',
    ],
  );
});

test('model lists the layers of a tfjs model, and the tensors of one that has layers unknown here', async () => {
  using project = new Project(stages);
  const node = (name: string, op: string, input: readonly string[], attr: object = {}) => ({
    name,
    op,
    input,
    attr,
  });
  const constants = {
    kernel: { shape: [3, 3, 3, 4] },
    shift: { shape: [4] },
    places: { shape: [2], values: [1, 2], isInteger: true },
  } as const;
  const nodes = [
    node('conv', 'Conv2D', ['image', 'kernel'], window(2, 'SAME')),
    node('shifted', 'BiasAdd', ['conv', 'shift']),
    node('relu', 'Relu6', ['shifted']),
    node('pooled', 'Mean', ['relu', 'places']),
  ];
  writeArtifacts(project.path('net'), graphArtifacts(nodes, constants, { size: 8 }));
  assert.equal(
    await print(project, 'model', 'net/model.json'),
    `model.json at 8 x 8: The network of a tfjs model.

layer    does        output     parameters  multiply-adds
image                8 x 8 x 3
conv     Conv        4 x 4 x 4         108          1,728
shifted  Add         4 x 4 x 4           4
relu     Clip        4 x 4 x 4
pooled   ReduceMean  4 values

112 learnable parameters; 1,728 multiply-adds an image
`,
  );
  const unknown = [...nodes, node('boxes', 'NonMaxSuppressionV5', ['pooled'])];
  writeArtifacts(project.path('other'), graphArtifacts(unknown, constants));
  assert.equal(
    await print(project, 'model', 'other/model.json'),
    `other/model.json: 3 tensors, 114 values, 456 B

tensor  shape          type     values  size
kernel  3 x 3 x 3 x 4  float32     108  432 B
shift   4              float32       4  16 B
places  2              int32         2  8 B
`,
  );
});

test('model does not take the default network for that of a stage with an ONNX file', async () => {
  using project = new Project(
    `stages:
  fit:
    kind: train
    inputs: { dataset: data/faces, onnx: ./net.onnx }
    with: { normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] } }
`,
    files,
  );
  writeFileSync(project.path('net.onnx'), smallOnnx());
  const { code, stderr } = await project.command('model', 'test.yaml', 'fit');
  assert.deepEqual(
    [code, stderr],
    [
      1,
      'error: The network of fit in pipelines/test.yaml is in a file [no-model]\n\n  Name the file, such as `restage model models/net.onnx`, or the folder of the trained model.\n',
    ],
  );
});

test('model lists what a file of weights holds, and says what is wrong with one that holds none', async () => {
  using project = new Project(stages, { 'note.txt': 'no weights', 'out/w/a.txt': '' });
  const weight = { name: 'conv/kernel', shape: [2, 3], values: new Float32Array(6) };
  const clears = { name: 'bias\u001b[2J', shape: [], values: new Float32Array(1) };
  writeFileSync(project.path('net.safetensors'), encodeSafetensors([weight, clears]));
  assert.equal(
    await print(project, 'model', 'net.safetensors'),
    `net.safetensors: 2 tensors, 7 values, 28 B

tensor       shape       type  values  size
conv/kernel  2 x 3       F32        6  24 B
bias         one number  F32        1  4 B
`,
  );
  const formats =
    'tfjs (model.json, weights_manifest.json), safetensors, PyTorch (.pt, .pth), Keras HDF5 (.h5)';
  const path = (name: string) => project.path(name);
  for (const [word, message] of [
    [
      'note.txt',
      `Expected weights, ${formats}, but ${path('note.txt')} has none of these formats.`,
    ],
    ['out/w', `Expected weights in the folder ${path('out/w')}: ${formats}; got none.`],
  ] as const) {
    const { code, stderr } = await project.command('model', word);
    assert.deepEqual([code, stderr], [1, `error: ${message} [no-model]\n`]);
  }
});

test('mistakes are reported with what to do', async () => {
  using project = new Project(stages, files);
  const mistake = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await project.command('model', ...words);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    return stderr;
  };
  assert.equal(
    await mistake('xcpetion'),
    'error: There is no network, pipeline or trained model "xcpetion" [unknown-model]\n\n  Did you mean "xception"?\n',
  );
  assert.equal(
    await mistake('test.yaml'),
    'error: Expected one network, got 2 in pipelines/test.yaml [several-models]\n\n  Name one of the stages fit, again.\n',
  );
  assert.equal(
    await mistake('test.yaml', 'count'),
    'error: Expected a stage that trains a network, got count in pipelines/test.yaml [no-model]\n',
  );
  assert.equal(
    await mistake('my-net', '--image-size', '100'),
    'error: With images of 100 x 100: expected an image size of at least 154 for my-net, got 100 [wrong-size]\n',
  );
  assert.equal(
    await mistake('test.yaml', 'fit', '--image-size', '4'),
    'error: With images of 4 x 4: conv1 needs at least 5 x 5, gets 4 x 4 [wrong-size]\n',
  );
  assert.equal(
    await mistake('test.yaml', 'fit', '--classes', '10'),
    'error: "--classes 10" applies to named networks only; the file lists the layers of fit [no-classes]\n\n  Leave `--classes` out.\n',
  );
});
