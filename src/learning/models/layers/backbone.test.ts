import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelSetting } from '../model-setting.ts';
import { netOf } from '../model-setting.ts';
import { backbone } from './backbone.ts';
import type { LayerItem } from './layer-items.ts';

/** The names of the first and the last layer of the backbone, and of the first of the head. */
function bounds(setting: ModelSetting): readonly (string | undefined)[] {
  const { layers } = netOf(setting);
  const seeing = backbone(layers);
  return [seeing[0]?.name, seeing.at(-1)?.name, layers[seeing.length]?.name];
}

test('a named network sees with its convolutions', () => {
  assert.deepEqual(bounds('simple-net'), ['conv1', 'pool3', 'flatten']);
  assert.deepEqual(bounds('my-net'), ['conv1', 'relu5', 'flatten1']);
  assert.deepEqual(bounds('tiny-xception'), ['entry_flow/conv_in', 'exit_flow/separable_conv', 'globalAveragePool1']);
  for (const name of ['xception', 'xception-based'] as const) {
    assert.deepEqual(bounds(name), ['block1_conv1', 'block14_sepconv2_act', 'avg_pool']);
  }
});

test('a net of one’s own does up to its flattening, wherever that is', () => {
  const layers = (...items: LayerItem[]) => bounds({ layers: items });

  assert.deepEqual(layers({ conv: 8 }, 'relu', 'globalAveragePool', { dense: 2 }), [
    'conv1',
    'conv1',
    'globalAveragePool1',
  ]);
  assert.deepEqual(layers('flatten', { dense: 2 }), [undefined, undefined, 'flatten1']);
  assert.deepEqual(layers({ dense: 4 }, 'relu', { dense: 2 }), [undefined, undefined, 'dense1']);
  const flattening: LayerItem = { residual: ['flatten', { dense: 4 }], shortcut: ['flatten', { dense: 4 }] };
  assert.deepEqual(layers({ conv: 8 }, flattening, { dense: 2 }), ['conv1', 'conv1', 'residual1']);
});
