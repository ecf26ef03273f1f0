import { Random } from '../../random.ts';

/**
 * A seed for random weights that are not those a network was begun with. Stages share a default seed, and `initialiseWeights`
 * draws by it alone: with the same one, a network would be compared with itself as it was before its training, which it
 * often still resembles.
 */
export const freshSeed = (seed: number): number => new Random('fresh weights', seed).uint32();
