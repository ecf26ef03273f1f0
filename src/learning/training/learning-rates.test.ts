import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerItem } from '../models/layers/layer-items.ts';
import { partsOfNet } from '../models/layers/net-parts.ts';
import { netOf } from '../models/model-setting.ts';
import { blocksOf, describeRates, rateFactors } from './learning-rates.ts';

/** The parts of a file's network, whose names are all that is known of its blocks. */
const partsOf = (backbone: readonly string[], norms: readonly string[] = []) => ({
  byName: new Map(backbone.map((name) => [name, [name]] as const)),
  backbone,
  norms,
});

test('the names of torchvision, timm and Keras say which layers are a block', () => {
  assert.deepEqual(
    blocksOf(
      partsOf(
        [
          'conv1',
          'bn1',
          'layer1.0.conv1',
          'layer1.0.bn1',
          'layer1.1.conv1',
          'layer2.0.downsample.0',
        ],
        ['bn1', 'layer1.0.bn1'],
      ),
    ),
    [
      ['conv1', 'bn1'],
      ['layer1.0.conv1', 'layer1.0.bn1'],
      ['layer1.1.conv1'],
      ['layer2.0.downsample.0'],
    ],
  );
  const vit = ['cls_token', 'pos_embed', 'patch_embed.proj', 'blocks.0.norm1', 'blocks.0.attn.qkv'];
  assert.deepEqual(
    blocksOf(partsOf([...vit, 'blocks.1.mlp.fc1', 'norm'], ['blocks.0.norm1', 'norm'])),
    [vit.slice(0, 3), vit.slice(3), ['blocks.1.mlp.fc1', 'norm']],
  );
  assert.deepEqual(
    blocksOf(
      partsOf([
        'encoder.layers.encoder_layer_0.mlp.0',
        'encoder.layers.encoder_layer_1.mlp.0',
        'features.3.1.block.0.0',
        'features.3.2.block.0.0',
        'Mixed_5b.branch1x1.conv',
        'Mixed_5b.branch5x5_1.conv',
        'block2_sepconv1',
        'block2_sepconv2',
      ]),
    ).map((block) => block.length),
    [1, 1, 1, 1, 2, 2],
  );
  assert.deepEqual(blocksOf(partsOf(['features.0', 'features.1', 'features.4'], ['features.1'])), [
    ['features.0', 'features.1'],
    ['features.4'],
  ]);
});

test('a named network has the blocks of its paper', () => {
  const lengths = (name: 'resnet-18' | 'vit-small' | 'xception') =>
    blocksOf(partsOfNet(netOf(name))).length;
  assert.deepEqual([lengths('resnet-18'), lengths('vit-small'), lengths('xception')], [9, 13, 14]);
});

test('the rate falls by the decay from block to block, and by the factor of the backbone in all', () => {
  const parts = partsOf(
    ['stem.0', 'blocks.0.fc', 'blocks.1.fc', 'blocks.1.norm', 'norm'],
    ['norm'],
  );
  const factors = (rates: object) => [...rateFactors(parts, rates).values()];
  assert.deepEqual(factors({ decay: 0.5 }), [0.125, 0.25, 0.5, 0.5, 0.5]);
  assert.deepEqual(factors({ decay: 0.5, backbone: 0.1 }), [
    0.1 * 0.125,
    0.1 * 0.25,
    0.1 * 0.5,
    0.1 * 0.5,
    0.1 * 0.5,
  ]);
  assert.deepEqual(factors({ backbone: 0.1 }), [0.1, 0.1, 0.1, 0.1, 0.1]);
  assert.equal(
    describeRates(parts, rateFactors(parts, { decay: 0.75 })),
    'Learning rates fall towards the image: times 0.75 at norm, 0.422 at stem.0, in 3 blocks.',
  );
});

test('a list of layers has its residual blocks, and other layers by themselves', () => {
  const layers: LayerItem[] = [
    { conv: 4, name: 'stem' },
    { batchNorm: true, name: 'norm' },
    {
      residual: [
        { conv: 4, padding: 'same' },
        { conv: 4, padding: 'same' },
      ],
    },
    { conv: 4, name: 'end' },
    'globalAveragePool',
    { dense: 2 },
  ];
  assert.deepEqual(blocksOf(partsOfNet(netOf({ layers }))), [
    ['stem', 'norm'],
    ['conv2', 'conv3'],
    ['end'],
  ]);
});
