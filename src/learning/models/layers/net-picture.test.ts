import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ModelSetting, netOf } from '../model-setting.ts';
import { netPicture } from './net-picture.ts';
import { traceLayers } from './trace-net.ts';

function pictured(setting: ModelSetting, imageSize = 256) {
  const traced = traceLayers(netOf(setting).layers, [imageSize, imageSize, 3]);
  assert.ok(traced.ok);
  return netPicture(traced.value, 'net', '').blocks;
}

test('Xception is drawn as 14 modules with their 36 convolutions, 12 of the modules with a shortcut', () => {
  const blocks = pictured('xception');
  const modules = blocks.filter(({ name }) => name !== undefined);
  const convolutions = blocks.flatMap(({ body }) => body).filter(({ kind }) => /conv/i.test(kind));

  assert.deepEqual(
    modules.map(({ name }) => name),
    Array.from({ length: 14 }, (_, index) => `block${index + 1}`),
  );
  assert.equal(convolutions.length, 36);
  assert.equal(modules.filter(({ shortcut }) => shortcut !== undefined).length, 12);
  assert.deepEqual(modules[1], {
    name: 'block2',
    body: [
      {
        kind: 'separableConv',
        name: 'sepconv1',
        does: 'separable conv 3 x 3, same, batch norm, relu',
        shape: '125 x 125 x 128',
        parameters: 64 * 9 + 64 * 128 + 2 * 128,
      },
      {
        kind: 'separableConv',
        name: 'sepconv2',
        does: 'separable conv 3 x 3, same, batch norm',
        shape: '125 x 125 x 128',
        parameters: 128 * 9 + 128 * 128 + 2 * 128,
      },
      {
        kind: 'pool',
        name: 'pool',
        does: 'max-pool 3 x 3, stride 2, same',
        shape: '63 x 63 x 128',
        parameters: 0,
      },
    ],
    shortcut: [
      {
        kind: 'conv',
        name: 'shortcut',
        does: 'conv 1 x 1, stride 2, batch norm',
        shape: '63 x 63 x 128',
        parameters: 64 * 128 + 2 * 128,
      },
    ],
  });
});

test('layers that belong to no block stand alone, after the image', () => {
  const blocks = pictured(
    { layers: [{ conv: 8 }, 'relu', { maxPool: 2 }, 'relu', 'flatten', { dense: 2 }] },
    16,
  );

  assert.deepEqual(
    blocks.map(({ name, body }) => [name, ...body.map(({ does, shape }) => `${does}: ${shape}`)]),
    [
      [undefined, 'image: 16 x 16 x 3'],
      [undefined, 'conv 3 x 3, relu: 14 x 14 x 8'],
      [undefined, 'max-pool 2 x 2: 7 x 7 x 8'],
      [undefined, 'relu: 7 x 7 x 8'],
      [undefined, 'flatten: 392 values'],
      [undefined, 'dense: 2 values'],
    ],
  );
});

test('branches stand side by side in one block, and blocks within a block are boxes of it', () => {
  const gate = {
    gate: ['globalAveragePool', 'pixel', { conv: 8, kernel: 1 }],
    name: 'weigh',
  } as const;
  const concat = { concat: [[{ conv: 2, kernel: 1 }, 'relu'], []], name: 'mix' } as const;
  const blocks = pictured({ layers: [{ conv: 8 }, { residual: [gate] }, concat] }, 16);

  assert.deepEqual(blocks.slice(2), [
    {
      name: 'residual1',
      body: [
        {
          kind: 'conv',
          name: 'weigh',
          does: 'weighs by: global average pool, as one pixel, conv 1 x 1',
          shape: '14 x 14 x 8',
          parameters: 72,
        },
      ],
      shortcut: [],
    },
    {
      name: 'mix',
      body: [
        { kind: 'other', name: '', does: 'side by side', shape: '14 x 14 x 10', parameters: 0 },
      ],
      branches: [
        [
          {
            kind: 'conv',
            name: 'conv3',
            does: 'conv 1 x 1, relu',
            shape: '14 x 14 x 2',
            parameters: 18,
          },
        ],
        [],
      ],
    },
  ]);
});
