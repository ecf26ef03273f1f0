import { z } from 'zod';

/** The split that is trained on. */
export const trainSplit = 'train';
/** The split that selects the epoch. A test split never does. */
export const selectionSplit = 'val';

/** The setting of a list of splits; light, since specs have it. */
export const splitList = z
  .array(z.string())
  .refine((splits) => new Set(splits).size === splits.length, 'expected every split once');
