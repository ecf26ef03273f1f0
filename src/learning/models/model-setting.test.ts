import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerItem } from './layers/layer-items.ts';
import { modelMistakes, modelSetting } from './model-setting.ts';

/** Mistakes of a net in images of 32 x 32, each with its path below `model.layers`. */
function mistakes(...layers: readonly LayerItem[]): readonly string[] {
  const { layers: parsed } = modelSetting.parse({ layers }) as { layers: LayerItem[] };
  return modelMistakes({ layers: parsed }, 32).map(({ at, message }) => {
    assert.deepEqual(at.slice(0, 2), ['model', 'layers']);
    return `${at.slice(2).join('.')}: ${message}`;
  });
}

const end = ['globalAveragePool', { dense: 2 }] as const;

test('a net that an image can go through has no mistakes', () => {
  assert.deepEqual(
    mistakes({ conv: 8 }, 'relu', { residual: [{ conv: 8, padding: 'same' }] }, ...end),
    [],
  );
});

test('a layer that cannot take its input is reported with its path', () => {
  assert.deepEqual(mistakes({ conv: 1 }, { maxPool: 8 }, { conv: 1, kernel: 4 }, ...end), [
    '2: conv2 needs at least 4 x 4, gets 3 x 3',
  ]);
  assert.deepEqual(mistakes({ averagePool: 33 }, ...end), [
    '0: pool1 needs at least 33 x 33, gets 32 x 32',
  ]);
  assert.deepEqual(
    mistakes(
      {
        residual: [
          { conv: 3, kernel: 1 },
          { conv: 3, kernel: 33 },
        ],
      },
      ...end,
    ),
    ['0.residual.1: conv2 needs at least 33 x 33, gets 32 x 32'],
  );
  assert.deepEqual(mistakes({ maxPool: 16 }, { maxPool: 3, stride: 4, padding: 'same' }, ...end), [
    '1: pool2 needs at least 4 x 4, its stride, gets 2 x 2',
  ]);
  assert.deepEqual(mistakes('flatten', { conv: 8 }, ...end), [
    '1: conv1 needs an image of height x width x channels, gets 3,072 values',
  ]);
  assert.deepEqual(mistakes({ conv: 8 }, { dense: 2 }), [
    '1: dense1 needs a flat input, gets 30 x 30 x 8: put flatten or globalAveragePool before it',
  ]);
  assert.deepEqual(mistakes('flatten', { dense: 1_000_000 }, { dense: 2 }), [
    '1: dense1 would have 3,072,000,000 weights in one tensor, at most 536,870,912 are possible',
  ]);
});

test('a residual block whose two paths have different shapes is reported with both', () => {
  assert.deepEqual(mistakes({ residual: [{ conv: 8, padding: 'same' }] }, ...end), [
    '0: residual1 adds 32 x 32 x 8 to its input of 32 x 32 x 3: give it a shortcut with the same output shape',
  ]);
  assert.deepEqual(
    mistakes({ residual: [{ conv: 8 }], shortcut: [{ conv: 8, kernel: 1 }] }, ...end),
    ['0: residual1 adds 30 x 30 x 8 to its shortcut of 32 x 32 x 8'],
  );
});

test('a net must end with two values or more, and every layer must have a name of its own', () => {
  assert.deepEqual(mistakes('flatten', { dense: 1 }), [
    '1: expected a value for each class at the end, such as real and fake, but dense1 outputs 1 value',
  ]);
  assert.deepEqual(
    mistakes({ conv: 2, name: 'conv2' }, { conv: 2 }, { maxPool: 2, name: 'image' }, ...end),
    [
      '1: expected a name of its own, but there is another "conv2"',
      '2: expected a name of its own, but there is another "image"',
    ],
  );
});

test('an image that is too large for a named network is reported, too', () => {
  assert.deepEqual(modelMistakes('simple-net', 2000), [
    {
      at: ['imageSize'],
      message:
        'dense1 would have 1,463,156,736 weights in one tensor, at most 536,870,912 are possible, in simple-net',
    },
  ]);
});
