import assert from 'node:assert/strict';
import { test } from 'node:test';
import { architectureNames } from './architectures/architectures.ts';
import { headMistakes, headOf } from './feature-head.ts';
import type { LayerItem } from './layers/layer-items.ts';
import { traceLayers } from './layers/trace-net.ts';
import { modelSetting } from './model-setting.ts';

test('the head of a named network is what follows its backbone', () => {
  const units = (name: (typeof architectureNames)[number]) =>
    headOf(name).layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : []));
  assert.deepEqual(units('xception-based'), [1000, 256, 64, 2]);
  assert.deepEqual(units('xception'), [2]);
  assert.deepEqual(units('simple-net'), [1024, 256, 2]);
  for (const name of architectureNames)
    assert.ok(traceLayers(headOf(name).layers, [2048]).ok, name);
});

function mistakes(...layers: readonly LayerItem[]): readonly string[] {
  const setting = modelSetting.parse({ layers });
  return headMistakes(setting).map(({ at, message }) => `${at.slice(2).join('.')}: ${message}`);
}

test('layers that features can go through have no mistakes, whatever the number of features', () => {
  assert.deepEqual(
    mistakes('batchNorm', { dropout: 0.5 }, { dense: 16 }, 'relu', { dense: 2 }),
    [],
  );
  assert.deepEqual(mistakes({ residual: [{ dense: 2048 }] }, { dense: 2 }), []);
});

test('a layer that needs an image, a wrong end and a name that is taken are reported with their path', () => {
  assert.deepEqual(mistakes({ conv: 8 }, 'flatten', { dense: 2 }), [
    '0: conv1 needs an image, but features are flat: begin with dense, for instance',
  ]);
  assert.deepEqual(mistakes({ dense: 1 }), [
    '0: expected a value for each class at the end, such as real and fake, but dense1 outputs 1 value',
  ]);
  assert.deepEqual(mistakes({ dense: 2, name: 'features' }), [
    '0: expected a name of its own, but there is another "features"',
  ]);
});
