import type { LayerItem, PlainItem } from '../layers/layer-items.ts';

/**
 * FaceResNet, the residual network of dlib that the npm package `@vladmandic/face-api` recognises
 * faces with (He et al. 2016, "Deep residual learning", with half the filters): 29 convolutions in
 * 14 residual blocks, down to 256 features. 5,618,242 parameters with two classes. Layers have the
 * names of the package's weight manifest.
 *
 * Unlike there, windows at the border are padded instead of left out, so that images of any size
 * fit, and where the number of channels doubles, the shortcut's new channels are a convolution of 1
 * x 1, which begins with the package's zeros and learns. The package's images have 150 pixels a
 * side; multiples of 64 keep every window in its place.
 */
export function faceResNet(classes: number): readonly LayerItem[] {
  return [
    { conv: 32, kernel: 7, stride: 2, padding: 'same', name: 'conv32_down' },
    'relu',
    { maxPool: 3, stride: 2, padding: 'same' },
    ...[1, 2, 3].flatMap((i) => block(`conv32_${i}`, 32)),
    ...block('conv64_down', 64, 'wider'),
    ...[1, 2, 3].flatMap((i) => block(`conv64_${i}`, 64)),
    ...block('conv128_down', 128, 'wider'),
    ...[1, 2].flatMap((i) => block(`conv128_${i}`, 128)),
    ...block('conv256_down', 256, 'wider'),
    ...[1, 2].flatMap((i) => block(`conv256_${i}`, 256)),
    ...block('conv256_down_out', 256, 'smaller'),
    'globalAveragePool',
    { dense: classes, name: 'logits' },
  ];
}

function block(name: string, filters: number, change?: 'wider' | 'smaller'): readonly LayerItem[] {
  const halved: readonly PlainItem[] =
    change === undefined ? [] : [{ averagePool: 2, padding: 'same' }];
  const widened: PlainItem = { conv: filters, kernel: 1, bias: false, name: `${name}/shortcut` };
  return [
    {
      name,
      residual: [
        {
          conv: filters,
          stride: change === undefined ? 1 : 2,
          padding: 'same',
          name: `${name}/conv1`,
        },
        'relu',
        { conv: filters, padding: 'same', name: `${name}/conv2` },
      ],
      shortcut: [...halved, ...(change === 'wider' ? [widened] : [])],
    },
    'relu',
  ];
}
