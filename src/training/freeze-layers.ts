import type { LayersModel } from '@tensorflow/tfjs';
import type { Freezing } from './freezing.ts';
import { trainableWeights } from './model-weights.ts';

/** Sets which layers of a model train in an epoch. An empty `freezing` lets all of them. */
export function freezeLayers(model: LayersModel, freezing: Freezing, epoch: number): void {
  for (const layer of model.layers) layer.trainable = epoch >= (freezing.get(layer.name) ?? 1);
}

/** How many numbers of a model gradients move now. */
export function trainedParameters(model: LayersModel): number {
  return trainableWeights(model).reduce((sum, { size }) => sum + size, 0);
}
