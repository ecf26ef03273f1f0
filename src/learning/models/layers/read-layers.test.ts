import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLayers } from './read-layers.ts';

test('layers are named by kind and number, counted through residual blocks, unless they have a name', () => {
  const layers = readLayers([
    { conv: 8, kernel: 5 },
    { separableConv: 8, name: 'own' },
    'batchNorm',
    { maxPool: 2 },
    {
      residual: [{ conv: 8, padding: 'same' }, { averagePool: 1 }],
      shortcut: [{ separableConv: 8 }],
    },
    'globalAveragePool',
    { dense: 2 },
  ]);

  const names = layers.map((layer) =>
    layer.kind === 'residual'
      ? [layer.name, layer.body.map(({ name }) => name), layer.shortcut[0]!.name]
      : layer.name,
  );
  assert.deepEqual(names, [
    'conv1',
    'own',
    'bn1',
    'pool1',
    ['residual1', ['conv2', 'pool2'], 'sepconv2'],
    'globalAveragePool1',
    'dense1',
  ]);
});

test('omitted settings have their defaults, and every layer knows its path in the list', () => {
  const [conv, pool, norm, block, dense] = readLayers([
    { conv: 8 },
    { maxPool: 3, padding: 'same' },
    'batchNorm',
    { residual: ['flatten'] },
    { dense: 2, bias: false },
  ]);

  assert.deepEqual(conv, {
    kind: 'conv',
    name: 'conv1',
    at: [0],
    filters: 8,
    kernel: [3, 3],
    stride: 1,
    padding: 'valid',
    bias: true,
  });
  assert.deepEqual(pool, {
    kind: 'maxPool',
    name: 'pool1',
    at: [1],
    size: 3,
    stride: 3,
    padding: 'same',
  });
  assert.deepEqual(norm, { kind: 'batchNorm', name: 'bn1', at: [2], momentum: 0.9, epsilon: 1e-5 });
  assert.deepEqual(block, {
    kind: 'residual',
    name: 'residual1',
    at: [3],
    shortcut: [],
    body: [{ kind: 'flatten', name: 'flatten1', at: [3, 'residual', 0] }],
  });
  assert.deepEqual(dense, {
    kind: 'dense',
    name: 'dense1',
    at: [4],
    units: 2,
    pixelwise: false,
    bias: false,
  });
});

test('an activation after a convolution or dense layer is part of it; elsewhere, or with a name, it is a layer', () => {
  const named = (items: Parameters<typeof readLayers>[0]) =>
    readLayers(items).map((layer) =>
      'activation' in layer ? `${layer.name} ${layer.activation}` : layer.name,
    );

  assert.deepEqual(named([{ conv: 8 }, 'relu', { dense: 2 }, { activation: 'tanh' }]), [
    'conv1 relu',
    'dense1 tanh',
  ]);
  assert.deepEqual(named([{ conv: 8 }, 'relu', 'relu']), ['conv1 relu', 'relu1 relu']);
  assert.deepEqual(named([{ conv: 8 }, { maxPool: 2 }, 'relu']), ['conv1', 'pool1', 'relu1 relu']);
  assert.deepEqual(named([{ conv: 8 }, { activation: 'elu', name: 'act' }]), ['conv1', 'act elu']);
});
