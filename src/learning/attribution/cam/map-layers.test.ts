import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { LayersModel } from '@tensorflow/tfjs';
import { node } from '../../../../test/support/onnx-node.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { encodeModel, type OnnxNode } from '../../../backend/lowering/onnx-writer.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { openGraph, wholeNetwork } from '../../models/graph-network.ts';
import { gridOf } from './layer-grid.ts';
import { viewLayer } from './layer-view.ts';
import { findMapLayer, mapNames } from './map-layers.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

const imageSize = 16;

/** The network of a file: nodes, then a classifier of the values that the last one gives. */
async function networkOf(
  context: TestContext,
  nodes: readonly OnnxNode[],
  weights: Readonly<Record<string, readonly number[]>>,
): Promise<LayersModel> {
  const path = join(temporaryFolder(context), 'net.onnx');
  const initializers = Object.entries(weights).map(([name, shape]) => {
    const length = shape.reduce((product, side) => product * side, 1);
    const data = Float32Array.from({ length }, (_, at) => Math.sin(at));
    return { name, type: 'float32', shape, data } as const;
  });
  const [last] = nodes.at(-1)!.outputs;
  const graph = {
    nodes: [...nodes, node('Gemm', [last!, 'fc.weight'], 'logits')],
    initializers,
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, imageSize, imageSize] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  writeFileSync(path, encodeModel(graph));
  return await wholeNetwork(openGraph(path), imageSize);
}

const pooled = (input: string) => [
  node('GlobalAveragePool', [input], 'pool'),
  node('Flatten', ['pool'], 'flat'),
];

const quarter = { strides: [4, 4], kernel_shape: [4, 4] };
const halves = { strides: [2, 2], kernel_shape: [1, 1] };

test('in the network of a file, maps come from the end of the last block, not from its shortcut or one of its branches', async (context) => {
  const residual = await networkOf(
    context,
    [
      node('Conv', ['image', 'conv.weight'], 'body', halves),
      node('Conv', ['image', 'shortcut.weight'], 'around', halves),
      node('Add', ['body', 'around'], 'sum'),
      node('Relu', ['sum'], 'end'),
      ...pooled('end'),
    ],
    { 'conv.weight': [4, 3, 1, 1], 'shortcut.weight': [4, 3, 1, 1], 'fc.weight': [4, 2] },
  );
  assert.equal(findMapLayer(residual), 'end');
  assert.deepEqual(mapNames(residual).toSorted(), ['conv', 'end', 'shortcut', 'sum']);
  assert.equal(findMapLayer(residual, 'shortcut'), 'shortcut');

  const branches = await networkOf(
    context,
    [
      node('Conv', ['image', 'left.weight'], 'a', halves),
      node('Conv', ['image', 'right.weight'], 'b', halves),
      node('Concat', ['a', 'b'], 'joined', { axis: 1 }),
      ...pooled('joined'),
    ],
    { 'left.weight': [4, 3, 1, 1], 'right.weight': [2, 3, 1, 1], 'fc.weight': [6, 2] },
  );
  assert.equal(findMapLayer(branches), 'joined');
  const question = {
    images: Float32Array.from({ length: 3 * imageSize ** 2 }, (_, at) => Math.cos(at)),
    classes: Int32Array.of(1),
    score: 'score',
    seeds: [0],
  } as const;
  const { views } = await viewLayer(branches, 'joined', question);
  const [{ height, width, channels, gradients }] = views as [(typeof views)[number]];
  assert.deepEqual([height, width, channels], [8, 8, 6]);
  // Each place counts with the classifier's weight of its channel, by the mean over 64 places.
  const expected = Array.from({ length: 6 }, (_, channel) => Math.sin(2 * channel + 1) / 64);
  for (const [at, value] of gradients.entries())
    assert.ok(Math.abs(value - expected[at % 6]!) < 1e-6);
});

test('a Swin has maps at every stage, of images with their channels last and of tokens in a row', async (context) => {
  const norm = (input: string, name: string) =>
    node('LayerNormalization', [input, `${name}.weight`], name, { axis: -1 });
  const asImages = await networkOf(
    context,
    [
      node('Conv', ['image', 'patches.weight'], 'patches', quarter),
      node('Transpose', ['patches'], 'places', { perm: [0, 2, 3, 1] }),
      norm('places', 'stage1'),
      norm('stage1', 'stage2'),
      node('Transpose', ['stage2'], 'end', { perm: [0, 3, 1, 2] }),
      ...pooled('end'),
    ],
    {
      'patches.weight': [8, 3, 4, 4],
      'stage1.weight': [8],
      'stage2.weight': [8],
      'fc.weight': [8, 2],
    },
  );
  assert.ok(mapNames(asImages).includes('stage1'));
  assert.equal(findMapLayer(asImages, 'stage2'), 'stage2');
  assert.equal(findMapLayer(asImages), 'end');

  const constant = (name: string, ...values: readonly number[]) =>
    node('Constant', [], name, { value_ints: values });
  const inRows = await networkOf(
    context,
    [
      node('Conv', ['image', 'patches.weight'], 'patches', quarter),
      constant('rows', 0, 8, 16),
      node('Reshape', ['patches', 'rows'], 'columns'),
      node('Transpose', ['columns'], 'tokens', { perm: [0, 2, 1] }),
      norm('tokens', 'stage1'),
      constant('fewer', 0, 4, 32),
      node('Reshape', ['stage1', 'fewer'], 'four'),
      node('MatMul', ['four', 'merge.weight'], 'merged'),
      norm('merged', 'stage2'),
      node('Transpose', ['stage2'], 'keys', { perm: [0, 2, 1] }),
      node('MatMul', ['stage2', 'keys'], 'products'),
      node('Softmax', ['products'], 'attention', { axis: -1 }),
      node('MatMul', ['attention', 'stage2'], 'mixed'),
      constant('second', 1),
      node('ReduceMean', ['mixed', 'second'], 'flat', { keepdims: 0 }),
    ],
    {
      'patches.weight': [8, 3, 4, 4],
      'stage1.weight': [8],
      'merge.weight': [32, 16],
      'stage2.weight': [16],
      'fc.weight': [16, 2],
    },
  );
  assert.equal(findMapLayer(inRows), 'stage2');
  const grids = ['stage1', 'stage2'].map((name) => gridOf(inRows.getLayer(name)));
  assert.deepEqual(grids, [
    { height: 4, width: 4, placeless: 0, kernels: 8 },
    { height: 2, width: 2, placeless: 0 },
  ]);
});
