import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

/**
 * ResNet-18 (He et al. 2016, "Deep residual learning for image recognition", table 1): 20
 * convolutions in 8 residual blocks, down to 512 features. 11,177,538 learnable parameters with two
 * classes, 11,689,512 with ImageNet's thousand. Layers have the names of torchvision, so that its
 * weights fit. Windows at the border are padded as in TensorFlow. With 32 n + 1 pixels a side, such
 * as 225, this is also what PyTorch does; with other sizes PyTorch's windows lie a pixel further to
 * the upper left.
 */
export function resnet18(classes: number): readonly LayerItem[] {
  return [
    ...normalised(
      { conv: 64, kernel: 7, stride: 2, padding: 'same', bias: false, name: 'conv1' },
      'bn1',
    ),
    { activation: 'relu', name: 'relu' },
    { maxPool: 3, stride: 2, padding: 'same', name: 'maxpool' },
    ...[64, 128, 256, 512].flatMap((filters, stage) => [
      ...block(`layer${stage + 1}/0`, filters, stage > 0),
      ...block(`layer${stage + 1}/1`, filters, false),
    ]),
    { globalAveragePool: true, name: 'avgpool' },
    { dense: classes, name: 'fc' },
  ];
}

function block(name: string, filters: number, isHalving: boolean): readonly LayerItem[] {
  const stride = isHalving ? 2 : 1;
  const shortcut: PlainItem = {
    conv: filters,
    kernel: 1,
    stride,
    bias: false,
    name: `${name}/downsample/0`,
  };
  return [
    {
      name,
      residual: [
        ...normalised(
          { conv: filters, stride, padding: 'same', bias: false, name: `${name}/conv1` },
          `${name}/bn1`,
        ),
        { activation: 'relu', name: `${name}/relu1` },
        ...normalised(
          { conv: filters, padding: 'same', bias: false, name: `${name}/conv2` },
          `${name}/bn2`,
        ),
      ],
      shortcut: isHalving ? normalised(shortcut, `${name}/downsample/1`) : [],
    },
    { activation: 'relu', name: `${name}/relu2` },
  ];
}

const normalised = (convolution: PlainItem, name: string): PlainItem[] => [
  convolution,
  { batchNorm: true, epsilon: 1e-5, name },
];
