import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOfNet } from '../models/layers/net-parts.ts';
import { netOf } from '../models/model-setting.ts';
import { type FreezeSettings, freezingMistakes, freezingOf } from './freezing.ts';

const net = netOf({
  layers: [
    { conv: 8 },
    'batchNorm' as const,
    'relu' as const,
    { residual: [{ conv: 8, padding: 'same' }, 'batchNorm'], name: 'block' },
    'globalAveragePool' as const,
    { dense: 4 },
    'relu' as const,
    { dense: 2, name: 'logits' },
  ],
});

const from = (settings: FreezeSettings) =>
  Object.fromEntries(freezingOf(partsOfNet(net), settings));
const mistakes = (settings: FreezeSettings) =>
  freezingMistakes(partsOfNet(net), settings).map(({ at, message, unknown }) =>
    [`${at.join('.')}: ${message}`, ...(unknown ? [unknown.known] : [])].flat(),
  );
const never = Number.POSITIVE_INFINITY;

test('the backbone is frozen by a word, layers and blocks by their names', () => {
  assert.deepEqual(from({}), {});
  assert.deepEqual(from({ freeze: 'backbone' }), {
    conv1: never,
    bn1: never,
    conv2: never,
    bn2: never,
  });
  assert.deepEqual(from({ freeze: ['block', 'logits'] }), {
    conv2: never,
    bn2: never,
    logits: never,
  });
  assert.deepEqual(from({ freeze: ['bn*'] }), { bn1: never, bn2: never });
});

test('a frozen layer trains from the first epoch that names it', () => {
  const unfreeze = [
    { epoch: 3, layers: ['block'] },
    { epoch: 5, layers: 'all' as const },
  ];

  assert.deepEqual(from({ freeze: 'backbone', unfreeze }), { conv1: 5, bn1: 5, conv2: 3, bn2: 3 });
});

test('the mere beginning of names is refused with the pattern for them', () => {
  assert.deepEqual(freezingMistakes(partsOfNet(netOf('xception')), { freeze: ['block1'] }), [
    {
      at: ['freeze', 0],
      message:
        'expected a layer of the network, got "block1"; "block1_*" names those that begin so',
    },
  ]);
});

test('the beginning of a file’s names is refused with the pattern for them', () => {
  const name = 'layer1.0.conv1';
  const parts = { byName: new Map([[name, [name]]]), backbone: [name], norms: [] };
  assert.deepEqual(freezingMistakes(parts, { freeze: ['layer1'] }), [
    {
      at: ['freeze', 0],
      message:
        'expected a layer of the network, got "layer1"; "layer1.*" names those that begin so',
    },
  ]);
});

test('unknown names are refused with the known ones', () => {
  const known = ['conv1', 'bn1', 'block', 'conv2', 'bn2', 'dense1', 'logits'];
  const unfreeze = [{ epoch: 2, layers: ['conv1', 'blocks'] }];

  assert.deepEqual(mistakes({ freeze: ['conv1', 'cnv*'], unfreeze }), [
    ['freeze.1: expected a layer of the network, got "cnv*"', ...known],
    ['unfreeze.0.layers.1: expected a layer of the network, got "blocks"', ...known],
  ]);
  assert.deepEqual(mistakes({ freeze: ['relu*'] }), [
    ['freeze.0: expected a layer with weights, but "relu*" has none'],
  ]);
});

test('some layer must be frozen and some must train, and only frozen layers can be unfrozen', () => {
  const thaw = (...unfreeze: Required<FreezeSettings>['unfreeze']) =>
    mistakes({ freeze: 'backbone', unfreeze });

  assert.deepEqual(thaw({ epoch: 2, layers: ['block'] }, { epoch: 3, layers: 'all' }), []);
  assert.deepEqual(mistakes({ freeze: ['*'] }), [
    ['freeze: expected a layer that is left to train, but all are frozen'],
  ]);
  assert.deepEqual(
    freezingMistakes(partsOfNet(netOf({ layers: ['flatten', { dense: 2 }] })), {
      freeze: 'backbone',
    }),
    [{ at: ['freeze'], message: 'expected a network with weights before its head' }],
  );
  assert.deepEqual(mistakes({ unfreeze: [{ epoch: 2, layers: 'all' }] }), [
    ['unfreeze: expected freeze beside it'],
  ]);
  assert.deepEqual(thaw({ epoch: 3, layers: ['block'] }, { epoch: 3, layers: 'all' }), [
    ['unfreeze.1.epoch: expected a later epoch than 3, got 3'],
  ]);
  assert.deepEqual(thaw({ epoch: 2, layers: ['block', 'logits'] }, { epoch: 3, layers: ['bn2'] }), [
    ['unfreeze.0.layers.1: expected layers that are frozen until then, but "logits" is not'],
    ['unfreeze.1.layers.0: expected layers that are frozen until then, but "bn2" is not'],
  ]);
  assert.deepEqual(thaw({ epoch: 2, layers: 'all' }, { epoch: 3, layers: 'all' }), [
    ['unfreeze.1.layers: expected layers that are frozen until then, but none is'],
  ]);
});
