import { Random } from '../../random.ts';

/** What is drawn for an image: its own, whatever batch it is in. `key` tells it from the others. */
export const imageSeed = (seed: number, key: string): number => new Random('explain', seed, key).uint32();
