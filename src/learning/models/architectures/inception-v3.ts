import type { LayerItem, PlainItem } from '../layers/layer-items.ts';
import { normalised } from './padded.ts';

type Branch = readonly LayerItem[];
type Sides = number | readonly [number, number];

/**
 * Inception V3 (Szegedy et al. 2016, "Rethinking the inception architecture", table 1): 94
 * convolutions, most of them in 11 modules of branches, down to 2048 features. 23,834,568 learnable
 * parameters with ImageNet's thousand classes. Layers have the names of torchvision. Its auxiliary
 * classifier, which serves only training, is not part of this network.
 */
export function inceptionV3(classes: number): readonly LayerItem[] {
  return [
    ...convolution('Conv2d_1a_3x3', 32, 3, { stride: 2 }),
    ...convolution('Conv2d_2a_3x3', 32, 3, { padding: 'valid' }),
    ...convolution('Conv2d_2b_3x3', 64, 3),
    { maxPool: 3, stride: 2, name: 'maxpool1' },
    ...convolution('Conv2d_3b_1x1', 80, 1),
    ...convolution('Conv2d_4a_3x3', 192, 3, { padding: 'valid' }),
    { maxPool: 3, stride: 2, name: 'maxpool2' },
    moduleA('Mixed_5b', 32),
    moduleA('Mixed_5c', 64),
    moduleA('Mixed_5d', 64),
    moduleB('Mixed_6a'),
    moduleC('Mixed_6b', 128),
    moduleC('Mixed_6c', 160),
    moduleC('Mixed_6d', 160),
    moduleC('Mixed_6e', 192),
    moduleD('Mixed_7a'),
    moduleE('Mixed_7b'),
    moduleE('Mixed_7c'),
    { globalAveragePool: true, name: 'avgpool' },
    { dropout: 0.5, name: 'dropout' },
    { dense: classes, name: 'fc' },
  ];
}

interface Window {
  readonly stride?: number;
  readonly padding?: 'valid' | 'same';
}

/** With batch normalisation and ReLU. Strides leave the border out, others keep the size. */
function convolution(
  name: string,
  filters: number,
  kernel: Sides,
  { stride = 1, padding = stride > 1 ? 'valid' : 'same' }: Window = {},
): readonly PlainItem[] {
  const sides: number | [number, number] = typeof kernel === 'number' ? kernel : [...kernel];
  const layer = { conv: filters, kernel: sides, stride, padding, bias: false } as const;
  return [
    ...normalised([{ ...layer, name: `${name}/conv` }], `${name}/bn`, 1e-3),
    { activation: 'relu', name: `${name}/relu` },
  ];
}

/** Convolutions of one branch, `name_1`, `name_2`, …, each with its filters and kernel. */
const branch = (
  name: string,
  ...layers: readonly (readonly [filters: number, kernel: Sides, stride?: number])[]
): Branch =>
  layers.flatMap(([filters, kernel, stride = 1], i) =>
    convolution(`${name}_${i + 1}`, filters, kernel, { stride }),
  );

/** The mean of each 3 x 3, with zeros beyond the border, as PyTorch counts it; then 1 x 1. */
const pooled = (name: string, filters: number): Branch => [
  { zeroPad: 1, name: `${name}/pad` },
  { averagePool: 3, stride: 1, name: `${name}/mean` },
  ...convolution(`${name}/branch_pool`, filters, 1),
];

const halved = (name: string): Branch => [{ maxPool: 3, stride: 2, name: `${name}/max` }];

const moduleA = (name: string, filters: number): LayerItem => ({
  name,
  concat: [
    convolution(`${name}/branch1x1`, 64, 1),
    branch(`${name}/branch5x5`, [48, 1], [64, 5]),
    branch(`${name}/branch3x3dbl`, [64, 1], [96, 3], [96, 3]),
    pooled(name, filters),
  ],
});

const moduleB = (name: string): LayerItem => ({
  name,
  concat: [
    convolution(`${name}/branch3x3`, 384, 3, { stride: 2 }),
    branch(`${name}/branch3x3dbl`, [64, 1], [96, 3], [96, 3, 2]),
    halved(name),
  ],
});

const moduleC = (name: string, inner: number): LayerItem => ({
  name,
  concat: [
    convolution(`${name}/branch1x1`, 192, 1),
    branch(`${name}/branch7x7`, [inner, 1], [inner, [1, 7]], [192, [7, 1]]),
    branch(
      `${name}/branch7x7dbl`,
      [inner, 1],
      [inner, [7, 1]],
      [inner, [1, 7]],
      [inner, [7, 1]],
      [192, [1, 7]],
    ),
    pooled(name, 192),
  ],
});

const moduleD = (name: string): LayerItem => ({
  name,
  concat: [
    branch(`${name}/branch3x3`, [192, 1], [320, 3, 2]),
    branch(`${name}/branch7x7x3`, [192, 1], [192, [1, 7]], [192, [7, 1]], [192, 3, 2]),
    halved(name),
  ],
});

/** The last convolution of two branches is two, side by side. */
const forked = (name: string): LayerItem => ({
  name,
  concat: [convolution(`${name}a`, 384, [1, 3]), convolution(`${name}b`, 384, [3, 1])],
});

const moduleE = (name: string): LayerItem => ({
  name,
  concat: [
    convolution(`${name}/branch1x1`, 320, 1),
    [...branch(`${name}/branch3x3`, [384, 1]), forked(`${name}/branch3x3_2`)],
    [...branch(`${name}/branch3x3dbl`, [448, 1], [384, 3]), forked(`${name}/branch3x3dbl_3`)],
    pooled(name, 192),
  ],
});
