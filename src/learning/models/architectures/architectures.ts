import type { LayerItem } from '../layers/layer-items.ts';
import { faceResNet } from './face-resnet.ts';
import { resnet18 } from './resnet-18.ts';
import { tinyXception } from './tiny-xception.ts';
import { xception, xceptionBased } from './xception.ts';

interface Architecture {
  /** Its name in drawings and running text. */
  readonly title: string;
  readonly summary: string;
  /** Its layers, which end with the logits of this many classes. */
  readonly layers: (classes: number) => readonly LayerItem[];
}

/**
 * The table of networks; light, since a spec lists their names. `build-net.ts` makes tfjs models of
 * them.
 */
export const architectures = {
  'simple-net': {
    title: 'SimpleNet',
    summary: 'Three convolutions of 7 x 7, three dense layers.',
    layers: simpleNet,
  },
  xception: {
    title: 'Xception',
    summary: '36 convolutions in 14 modules, with residuals.',
    layers: xception,
  },
  'xception-based': {
    title: 'XceptionBased',
    summary: 'Xception with three more dense layers.',
    layers: xceptionBased,
  },
  'my-net': {
    title: 'MyNet',
    summary: 'Five small convolutions, dropout, one dense layer.',
    layers: myNet,
  },
  'tiny-xception': {
    title: 'TinyXception',
    summary: 'The Xception of @vladmandic/face-api.',
    layers: tinyXception,
  },
  'face-resnet': {
    title: 'FaceResNet',
    summary: 'The ResNet of @vladmandic/face-api, for faces.',
    layers: faceResNet,
  },
  'resnet-18': {
    title: 'ResNet-18',
    summary: '20 convolutions in 8 residual blocks, as torchvision has it.',
    layers: resnet18,
  },
} as const satisfies Readonly<Record<string, Architecture>>;

export type ArchitectureName = keyof typeof architectures;
export const architectureNames = Object.keys(architectures) as [
  ArchitectureName,
  ...ArchitectureName[],
];

/**
 * SimpleNet, the study's network from scratch. 16,901,762 parameters at 256 x 256, all but 26,928
 * of them dense.
 */
function simpleNet(classes: number): readonly LayerItem[] {
  const convolution = (conv: number): readonly LayerItem[] => [
    { conv, kernel: 7 },
    'relu',
    { maxPool: 2 },
  ];
  const dense = [1024, 256].flatMap((units): LayerItem[] => [{ dense: units }, 'relu']);
  const head: readonly LayerItem[] = [
    { flatten: true, name: 'flatten' },
    ...dense,
    { dense: classes, name: 'logits' },
  ];
  return [...[6, 16, 24].flatMap(convolution), ...head];
}

/** MyNet, the study's small network. 34,850 parameters at 256 x 256, with two classes. */
function myNet(classes: number): readonly LayerItem[] {
  const pooled = (conv: number, kernel: number): readonly LayerItem[] => [
    { conv, kernel },
    { maxPool: 2 },
    'relu',
  ];
  return [
    ...pooled(6, 7),
    ...pooled(16, 7),
    ...pooled(24, 7),
    ...pooled(16, 3),
    ...pooled(16, 5),
    'flatten' as const,
    { dropout: 0.35 },
    { dense: classes, name: 'logits' },
  ];
}
