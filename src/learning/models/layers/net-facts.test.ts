import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ModelSetting, netOf } from '../model-setting.ts';
import type { LayerItem } from './layer-items.ts';
import { netFacts } from './net-facts.ts';
import { traceLayers } from './trace-net.ts';

function facts(setting: ModelSetting, imageSize: number) {
  const traced = traceLayers(netOf(setting).layers, [imageSize, imageSize, 3]);
  assert.ok(traced.ok);
  return netFacts(traced.value);
}

test('Xception with the study’s head has 36 convolutions in 14 modules, 12 of them residual', () => {
  const { parameters, multiplyAdds, ...counts } = facts('xception-based', 256);
  const head = 2048 * 1000 + 1000 + 1000 * 256 + 256 + 256 * 64 + 64 + 64 * 2 + 2;
  assert.deepEqual(counts, {
    features: 2048,
    convolutions: 36,
    separableConvolutions: 34,
    shortcutConvolutions: 4,
    dense: 4,
    modules: 14,
    additions: 12,
    invertedResiduals: 0,
  });
  assert.deepEqual(parameters, {
    learnable: 23_128_786,
    backbone: 23_128_786 - head,
    head,
    movingStatistics: 54_528,
  });
  assert.ok(multiplyAdds > 5e9);
});

test('a residual block that is wider inside is an inverted one, and a net that never becomes flat has no features', () => {
  const wide = {
    residual: [
      { conv: 16, padding: 'same' as const },
      { conv: 4, padding: 'same' as const },
    ],
  };
  const net = facts({ layers: [{ conv: 4 }, wide, { conv: 2 }] }, 16);
  assert.deepEqual(
    [net.additions, net.invertedResiduals, net.convolutions, net.features],
    [1, 1, 4, null],
  );
});

test('branches count, gates and shortcuts do not, and attention multiplies tokens with tokens', () => {
  const gate: LayerItem = { gate: ['globalAveragePool', 'pixel', { conv: 4, kernel: 1 }] };
  const concat: LayerItem = {
    concat: [[{ conv: 4, kernel: 1 }], [{ depthwiseConv: 3, padding: 'same' }]],
  };
  const layers: readonly LayerItem[] = [
    { conv: 4, kernel: 4, stride: 4 },
    gate,
    concat,
    'tokens',
    { attention: 2 },
  ];
  const net = facts({ layers: [...layers, 'classToken', { dense: 2 }] }, 16);
  assert.deepEqual([net.convolutions, net.features], [3, 8]);
  // Tokens: 16 pixels and the class token, of 8 channels.
  const convolutions = 16 * 4 * 4 * 4 * 3 + 4 * 4 + 16 * 4 * 4 + 16 * 9 * 4;
  const attention = 17 * (8 * 24 + 8 * 8) + 2 * 17 * 17 * 8;
  assert.equal(net.multiplyAdds, convolutions + attention + 8 * 2);
});
