import type { LayerItem, PlainItem } from '../layers/layer-items.ts';
import { normalised, padded } from './padded.ts';

/**
 * ResNet-50 (He et al. 2016, "Deep residual learning for image recognition", table 1), with the
 * stride in the convolution of 3 x 3, as torchvision has it: 53 convolutions in 16 residual blocks,
 * down to 2048 features. 25,557,032 learnable parameters with ImageNet's thousand classes. Layers
 * have the names and the padding of torchvision.
 */
export function resnet50(classes: number): readonly LayerItem[] {
  const stem = padded(3, { conv: 64, kernel: 7, stride: 2, bias: false, name: 'conv1' });
  return [
    ...normalised(stem, 'bn1'),
    { activation: 'relu', name: 'relu' },
    // Zeros are as good as PyTorch's padding, since no value is below zero here.
    ...padded(1, { maxPool: 3, stride: 2, name: 'maxpool' }),
    ...[3, 4, 6, 3].flatMap((blocks, stage) =>
      Array.from({ length: blocks }, (_, i) =>
        bottleneck(`layer${stage + 1}/${i}`, 64 * 2 ** stage, {
          isFirst: i === 0,
          stride: i === 0 && stage > 0 ? 2 : 1,
        }),
      ).flat(),
    ),
    { globalAveragePool: true, name: 'avgpool' },
    { dense: classes, name: 'fc' },
  ];
}

function bottleneck(
  name: string,
  width: number,
  { isFirst, stride }: { readonly isFirst: boolean; readonly stride: 1 | 2 },
): readonly LayerItem[] {
  const pointwise = (conv: number, layer: string, step = 1): PlainItem[] => [
    { conv, kernel: 1, stride: step, bias: false, name: `${name}/${layer}` },
  ];
  const middle = { conv: width, stride, bias: false, name: `${name}/conv2` } as const;
  const shortcut = pointwise(4 * width, 'downsample/0', stride);
  return [
    {
      name,
      residual: [
        ...normalised(pointwise(width, 'conv1'), `${name}/bn1`),
        { activation: 'relu', name: `${name}/relu1` },
        ...normalised(
          stride === 1 ? [{ ...middle, padding: 'same' }] : padded(1, middle),
          `${name}/bn2`,
        ),
        { activation: 'relu', name: `${name}/relu2` },
        ...normalised(pointwise(4 * width, 'conv3'), `${name}/bn3`),
      ],
      shortcut: isFirst ? normalised(shortcut, `${name}/downsample/1`) : [],
    },
    { activation: 'relu', name: `${name}/relu3` },
  ];
}
