import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ModelSetting, netOf } from '../model-setting.ts';
import type { LayerItem } from './layer-items.ts';
import { backbone, layersByName, matchesName, weightedLayers } from './net-parts.ts';
import { readLayers } from './read-layers.ts';

const layers = readLayers([
  { conv: 8 },
  'batchNorm',
  {
    residual: [{ conv: 8, padding: 'same' }, 'batchNorm'],
    shortcut: [{ conv: 8, kernel: 1 }],
    name: 'block',
  },
  'globalAveragePool',
  { dense: 2, name: 'logits' },
]);

test('a name stands for its layer, that of a block for the layers inside', () => {
  assert.deepEqual(
    [...layersByName(layers)],
    [
      ['conv1', ['conv1']],
      ['bn1', ['bn1']],
      ['block', ['conv2', 'bn2', 'conv3']],
      ['conv2', ['conv2']],
      ['bn2', ['bn2']],
      ['conv3', ['conv3']],
      ['globalAveragePool1', []],
      ['logits', ['logits']],
    ],
  );
  assert.deepEqual(weightedLayers(layers), ['conv1', 'bn1', 'conv2', 'bn2', 'conv3', 'logits']);
});

test('a star stands for any characters, and everything else for itself', () => {
  const matching = (pattern: string) =>
    ['a', 'ab', 'a.b', 'a/b', 'aab', 'ba'].filter((name) => matchesName(pattern, name));

  assert.deepEqual(matching('a'), ['a']);
  assert.deepEqual(matching('*'), ['a', 'ab', 'a.b', 'a/b', 'aab', 'ba']);
  assert.deepEqual(matching('a*'), ['a', 'ab', 'a.b', 'a/b', 'aab']);
  assert.deepEqual(matching('a*b'), ['ab', 'a.b', 'a/b', 'aab']);
  assert.deepEqual(matching('a.b'), ['a.b']);
  assert.deepEqual(matching('*a*a*'), ['aab']);
  assert.deepEqual(matching('a*a'), []);
});

test('patterns match like the equivalent regular expressions', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
  fc.assert(
    fc.property(text, text, (pattern, sample) => {
      const name = sample.replaceAll('*', 'c');
      assert.equal(
        matchesName(pattern, name),
        new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name),
      );
    }),
  );
});

/** The names of the first and the last layer of the backbone, and of the first of the head. */
function bounds(setting: ModelSetting): readonly (string | undefined)[] {
  const { layers } = netOf(setting);
  const seeing = backbone(layers);
  return [seeing[0]?.name, seeing.at(-1)?.name, layers[seeing.length]?.name];
}

test('the backbone of a named network is its convolutions', () => {
  assert.deepEqual(bounds('simple-net'), ['conv1', 'pool3', 'flatten']);
  assert.deepEqual(bounds('my-net'), ['conv1', 'relu5', 'flatten1']);
  assert.deepEqual(bounds('tiny-xception'), [
    'entry_flow/conv_in',
    'exit_flow/separable_conv',
    'globalAveragePool1',
  ]);
  for (const name of ['xception', 'xception-based'] as const) {
    assert.deepEqual(bounds(name), ['block1_conv1', 'block14_sepconv2_act', 'avg_pool']);
  }
});

test('the backbone of a list of layers ends before its flattening, wherever that is', () => {
  const layers = (...items: LayerItem[]) => bounds({ layers: items });

  assert.deepEqual(layers({ conv: 8 }, 'relu', 'globalAveragePool', { dense: 2 }), [
    'conv1',
    'conv1',
    'globalAveragePool1',
  ]);
  assert.deepEqual(layers('flatten', { dense: 2 }), [undefined, undefined, 'flatten1']);
  assert.deepEqual(layers({ dense: 4 }, 'relu', { dense: 2 }), [undefined, undefined, 'dense1']);
  const flattening: LayerItem = {
    residual: ['flatten', { dense: 4 }],
    shortcut: ['flatten', { dense: 4 }],
  };
  assert.deepEqual(layers({ conv: 8 }, flattening, { dense: 2 }), ['conv1', 'conv1', 'residual1']);
});
