import type { LayerItem } from '../layers/layer-items.ts';
import { convnextTiny } from './convnext-tiny.ts';
import { efficientnetB0 } from './efficientnet-b0.ts';
import { faceResNet } from './face-resnet.ts';
import { inceptionV3 } from './inception-v3.ts';
import { inceptionV3Keras } from './inception-v3-keras.ts';
import { mobilenetV2 } from './mobilenet-v2.ts';
import { resnet18 } from './resnet-18.ts';
import { resnet50 } from './resnet-50.ts';
import { tinyXception } from './tiny-xception.ts';
import { vitSmall } from './vit-small.ts';
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
  'resnet-50': {
    title: 'ResNet-50',
    summary: '53 convolutions in 16 residual blocks, as torchvision has it.',
    layers: resnet50,
  },
  'mobilenet-v2': {
    title: 'MobileNet V2',
    summary: '17 inverted blocks of depthwise convolutions, as torchvision has it.',
    layers: mobilenetV2,
  },
  'efficientnet-b0': {
    title: 'EfficientNet-B0',
    summary: '16 inverted blocks with squeeze and excitation, as torchvision has it.',
    layers: efficientnetB0,
  },
  'convnext-tiny': {
    title: 'ConvNeXt-T',
    summary: '18 blocks of depthwise convolutions of 7 x 7, as torchvision has it.',
    layers: convnextTiny,
  },
  'vit-small': {
    title: 'ViT-S/16',
    summary: 'A vision transformer of 12 layers over 16 x 16 pixels, as timm has it.',
    layers: vitSmall,
  },
  'inception-v3': {
    title: 'Inception V3',
    summary: '94 convolutions, 11 modules of branches, as torchvision has it.',
    layers: inceptionV3,
  },
  'inception-v3-keras': {
    title: 'Inception V3 of Keras',
    summary: '94 convolutions, 11 modules of branches, with the names of Keras.',
    layers: inceptionV3Keras,
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
