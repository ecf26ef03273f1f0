import type { LayersModel } from '@tensorflow/tfjs';
import { models } from '@tensorflow/tfjs';
import { initialiseWeights } from './initial-weights.ts';

/**
 * A model of the same layers and names as it was before anything trained it: with random weights by the seed, and statistics of
 * BatchNorm as they begin. What it shows is of the architecture alone.
 */
export async function untrainedCopy(model: LayersModel, seed: number): Promise<LayersModel> {
  const copy = (await models.modelFromJSON(model.toJSON(null, false) as never)) as LayersModel;
  initialiseWeights(copy, seed);
  return copy;
}
