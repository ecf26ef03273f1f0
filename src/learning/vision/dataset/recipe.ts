import { z } from 'zod';

/**
 * A step by which the images of a data set were made of videos or of larger images: a kind with
 * everything that decides its pixels.
 */
const recipeStep = z
  .object({
    /** The name of the kind, such as `faces`. */
    kind: z.string(),
    version: z.int(),
    /** Those that decide pixels; a setting such as the number of frames is not among them. */
    settings: z.record(z.string(), z.json()),
    /** The user's files that decide pixels: SHA-256 by port. */
    files: z.record(z.string(), z.string()).optional(),
  })
  .readonly();
export type RecipeStep = z.infer<typeof recipeStep>;

/**
 * How images were made, the first step first. Data sets carry it, and the models that are trained
 * on them: so a new video can be prepared as the training's were. Absent: nobody knows.
 */
export const recipe = z.array(recipeStep).readonly();
export type Recipe = z.infer<typeof recipe>;
