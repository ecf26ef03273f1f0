import type { LayerItem } from '../layers/layer-items.ts';
import { tinyXception } from './tiny-xception.ts';
import { xception, xceptionBased } from './xception.ts';

/** The names of networks; light, since a spec lists them. `build-net.ts` makes tfjs models of them. */
export const architectureNames = ['simple-net', 'xception', 'xception-based', 'my-net', 'tiny-xception'] as const;
export type ArchitectureName = (typeof architectureNames)[number];

interface Architecture {
  readonly summary: string;
  /** Its layers, which end with the logits of so many classes. */
  readonly layers: (classes: number) => readonly LayerItem[];
}

/** The table of networks. */
export const architectures: Readonly<Record<ArchitectureName, Architecture>> = {
  'simple-net': { summary: 'Three convolutions of 7 x 7 and three dense layers, from scratch.', layers: simpleNet },
  xception: { summary: '36 convolutions in 14 modules with residuals (Chollet 2017).', layers: xception },
  'xception-based': {
    summary: 'Xception with dense layers of 1000, 256 and 64 before the last.',
    layers: xceptionBased,
  },
  'my-net': { summary: 'Five small convolutions, each pooled, then dropout and one dense layer.', layers: myNet },
  'tiny-xception': { summary: 'The small Xception of @vladmandic/face-api, without BatchNorm.', layers: tinyXception },
};

/**
 * SimpleNet, the study's network from scratch: convolutions of 7 x 7 without padding to 6, 16 and 24 channels, each with ReLU and a
 * halving max-pool, then dense layers of 1024, 256 and the classes with ReLU between. 16,901,762 parameters at 256 x 256, all but
 * 26,928 of them dense.
 */
function simpleNet(classes: number): readonly LayerItem[] {
  const convolution = (filters: number): readonly LayerItem[] => [{ conv: filters, kernel: 7 }, 'relu', { maxPool: 2 }];
  return [
    ...[6, 16, 24].flatMap(convolution),
    { flatten: true, name: 'flatten' },
    { dense: 1024 },
    'relu',
    { dense: 256 },
    'relu',
    { dense: classes, name: 'logits' },
  ];
}

/**
 * MyNet, the study's small network: five convolutions without padding, each with a halving max-pool and ReLU, then dropout and one
 * dense layer. 34,850 parameters at 256 x 256, with two classes.
 */
function myNet(classes: number): readonly LayerItem[] {
  const convolution = ([filters, kernel]: readonly [number, number]): readonly LayerItem[] => [
    { conv: filters, kernel },
    { maxPool: 2 },
    'relu',
  ];
  const convolutions = [
    [6, 7],
    [16, 7],
    [24, 7],
    [16, 3],
    [16, 5],
  ] as const;
  return [...convolutions.flatMap(convolution), 'flatten', { dropout: 0.35 }, { dense: classes, name: 'logits' }];
}
