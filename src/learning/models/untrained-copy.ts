import { type LayersModel, models } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';
import { initialiseWeights } from './initial-weights.ts';

/**
 * A seed for random weights that differ from a network's initial ones. Stages share a default seed,
 * and {@link initialiseWeights} draws by it alone: with the same seed, a network would be compared
 * with its own initial weights, which it often still resembles.
 */
export const freshSeed = (seed: number): number => new Random('fresh weights', seed).uint32();

/**
 * An untrained model with the same layers and names, and random weights by the {@link freshSeed}.
 * It shows the architecture alone.
 */
export async function untrainedCopy(model: LayersModel, seed: number): Promise<LayersModel> {
  const config = model.toJSON(null, false);
  if (typeof config === 'string')
    throw new Error('Internal error: the config of a model is a text');
  const copy = await models.modelFromJSON(config);
  initialiseWeights(copy, freshSeed(seed));
  return copy;
}
