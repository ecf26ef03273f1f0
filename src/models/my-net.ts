import type { LayersModel } from '@tensorflow/tfjs';
import { layers, sequential } from '@tensorflow/tfjs';

/**
 * MyNet, the study's small net: five convolutions without padding, each followed by a halving max-pool and ReLU, then
 * dropout and one dense layer. 34,850 parameters at 256 x 256.
 *
 * @param imageSize Pixels a side, at least 154.
 * @returns Images `[batch, imageSize, imageSize, 3]` to logits `[batch, 2]`; weights are zeros.
 */
export function myNet(imageSize: number): LayersModel {
  const zeros = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;
  const convolution = (index: number, filters: number, kernelSize: number) => [
    layers.conv2d({ name: `conv${index}`, filters, kernelSize, ...zeros }),
    layers.maxPooling2d({ name: `pool${index}`, poolSize: 2 }),
    layers.activation({ name: `relu${index}`, activation: 'relu' }),
  ];
  return sequential({
    name: 'my-net',
    layers: [
      layers.inputLayer({ name: 'image', inputShape: [imageSize, imageSize, 3] }),
      ...convolution(1, 6, 7),
      ...convolution(2, 16, 7),
      ...convolution(3, 24, 7),
      ...convolution(4, 16, 3),
      ...convolution(5, 16, 5),
      layers.flatten({ name: 'flatten' }),
      layers.dropout({ name: 'dropout', rate: 0.35 }),
      layers.dense({ name: 'logits', units: 2, ...zeros }),
    ],
  });
}
