import type { LayersModel } from '@tensorflow/tfjs';
import { layers, sequential } from '@tensorflow/tfjs';

/**
 * SimpleNet, the study's network from scratch: convolutions of 7 x 7 without padding to 6, 16 and 24 channels, each with
 * ReLU and a halving max-pool, then dense layers of 1024, 256 and 2 with ReLU between. 16,901,762 parameters at
 * 256 x 256, all but 26,928 of them dense.
 *
 * @param imageSize Pixels a side, at least 50.
 * @returns Images `[batch, imageSize, imageSize, 3]` to logits `[batch, 2]`; weights are zeros.
 */
export function simpleNet(imageSize: number): LayersModel {
  const zeros = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;
  const convolution = (index: number, filters: number) => [
    layers.conv2d({ name: `conv${index}`, filters, kernelSize: 7, activation: 'relu', ...zeros }),
    layers.maxPooling2d({ name: `pool${index}`, poolSize: 2 }),
  ];
  return sequential({
    name: 'simple-net',
    layers: [
      layers.inputLayer({ name: 'image', inputShape: [imageSize, imageSize, 3] }),
      ...convolution(1, 6),
      ...convolution(2, 16),
      ...convolution(3, 24),
      layers.flatten({ name: 'flatten' }),
      layers.dense({ name: 'dense1', units: 1024, activation: 'relu', ...zeros }),
      layers.dense({ name: 'dense2', units: 256, activation: 'relu', ...zeros }),
      layers.dense({ name: 'logits', units: 2, ...zeros }),
    ],
  });
}
