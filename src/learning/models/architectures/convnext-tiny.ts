import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

/**
 * ConvNeXt-T (Liu et al. 2022, "A ConvNet for the 2020s"): 18 blocks of a depthwise convolution of
 * 7 x 7 and two dense layers of each pixel, down to 768 features. 28,589,128 learnable parameters
 * with ImageNet's thousand classes. Layers have the names of torchvision. Blocks are never left out
 * in training: torchvision's stochastic depth is not part of this network.
 */
export function convnextTiny(classes: number): readonly LayerItem[] {
  const widths = [96, 192, 384, 768];
  const depths = [3, 3, 9, 3];
  return [
    { conv: 96, kernel: 4, stride: 4, name: 'features/0/0' },
    norm('features/0/1'),
    ...widths.flatMap((width, stage) => [
      ...(stage === 0 ? [] : halving(`features/${2 * stage}`, width)),
      ...Array.from({ length: depths[stage]! }, (_, i) =>
        block(`features/${2 * stage + 1}/${i}`, width),
      ),
    ]),
    { globalAveragePool: true, name: 'avgpool' },
    norm('classifier/0'),
    { dense: classes, name: 'classifier/2' },
  ];
}

const norm = (name: string): PlainItem => ({ layerNorm: true, epsilon: 1e-6, name });

const halving = (name: string, width: number): readonly PlainItem[] => [
  norm(`${name}/0`),
  { conv: width, kernel: 2, stride: 2, name: `${name}/1` },
];

const block = (name: string, width: number): LayerItem => ({
  name,
  residual: [
    { depthwiseConv: 7, padding: 'same', name: `${name}/block/0` },
    norm(`${name}/block/2`),
    { dense: 4 * width, pixelwise: true, name: `${name}/block/3` },
    { activation: 'gelu', name: `${name}/block/4` },
    { dense: width, pixelwise: true, name: `${name}/block/5` },
    { layerScale: 1e-6, name: `${name}/layer_scale` },
  ],
});
