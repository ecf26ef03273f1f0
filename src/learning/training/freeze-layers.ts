import type { LayersModel } from '@tensorflow/tfjs';
import type { Freezing } from './freezing.ts';
import { trainableWeights } from './model-weights.ts';

/**
 * Sets which layers of a model train in an epoch; all of them where `freezing` is empty. Where this epoch is the first, or
 * the first for some, it gives a sentence on how much of the model that is.
 */
export function freezeLayers(model: LayersModel, freezing: Freezing, epoch: number): string | undefined {
  for (const layer of model.layers) layer.trainable = true;
  const all = parameters(model);
  for (const layer of model.layers) layer.trainable = epoch >= (freezing.get(layer.name) ?? 1);
  if (freezing.size === 0 || (epoch > 1 && ![...freezing.values()].includes(epoch))) return undefined;
  return `From epoch ${epoch} on ${parameters(model)} of ${all} parameters train.`;
}

/** How many numbers of a model gradients move now. */
function parameters(model: LayersModel): string {
  const sum = trainableWeights(model).reduce((sum, { size }) => sum + size, 0);
  return sum.toLocaleString('en');
}
