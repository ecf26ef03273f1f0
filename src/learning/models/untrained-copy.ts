import type { LayersModel } from '@tensorflow/tfjs';
import { models } from '@tensorflow/tfjs';
import { freshSeed } from './fresh-seed.ts';
import { initialiseWeights } from './initial-weights.ts';

/**
 * A model of the same layers and names that nothing has trained: with random weights by the seed, none of them those that the
 * model was begun with, and statistics of BatchNorm as they begin. What it shows is of the architecture alone.
 */
export async function untrainedCopy(model: LayersModel, seed: number): Promise<LayersModel> {
  const copy = (await models.modelFromJSON(model.toJSON(null, false) as never)) as LayersModel;
  initialiseWeights(copy, freshSeed(seed));
  return copy;
}
