import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../stage.ts';
import { reasonOf } from '../../user-error.ts';
import { featuresSource } from '../vision/features/features.ts';
import { fits, kernels } from '../vision/resize-settings.ts';
import { triple } from './input-settings.ts';
import { layerItem } from './layers/layer-items.ts';

/** How an image becomes the network's input. */
const imageInput = z.object({
  /** Pixels a side. */
  size: z.int().positive(),
  fit: z.enum(fits),
  kernel: z.enum(kernels),
  /** (value - mean) / deviation for red, green, blue, of values from 0 to 1. */
  normalise: z.object({ mean: triple, deviation: triple }),
});
export type ImageInput = z.infer<typeof imageInput>;

/** The features that a head was trained on, as described by their artifact. */
const featuresInput = z.object({ values: z.int().positive(), of: featuresSource.optional() });
export type FeaturesInput = z.infer<typeof featuresInput>;

/** What using a model requires besides its layers and weights: `info.json` of a `model` artifact. No times, hosts or paths. */
export const modelInfo = z.object({
  /** Its name in the table of networks, or the layers as they were written. */
  architecture: z.union([z.string(), z.strictObject({ layers: z.array(layerItem) })], {
    error: 'expected a name or layers',
  }),
  /** In label order: the logit at index 0 is that of `classes[0]`. */
  classes: z.array(z.string()),
  /** What the network sees: images, or features for a head. */
  input: z.union([imageInput, featuresInput], { error: 'expected the size of images or the number of features' }),
  /** The settings of the `train` stage, or of the `load-model` stage where it was loaded from a file. */
  training: z.record(z.string(), z.json()),
  /** The epoch whose weights these are, counted from 1; 0 for a model that was not trained here. */
  chosenEpoch: z.int(),
  /** The compute backend that trained it, such as `onnxruntime` or `onnxruntime:webgpu`; `none` where none did. */
  backend: z.string(),
  /** The versions of the packages that computed; absent in older models. */
  versions: z.record(z.string(), z.string()).optional(),
});
export type ModelInfo = z.infer<typeof modelInfo>;

export const infoFile = 'info.json';

/** Reads the info of the `model` artifact in `folder`. Throws a {@link StageError} when it is not one. */
export function readModelInfo(folder: string): ModelInfo {
  const path = join(folder, infoFile);
  const parsed = modelInfo.safeParse(readModelJson(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StageError(`Expected a model, but in ${path} at ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The content of a JSON file of a model. Throws a {@link StageError} when it cannot be read. */
export function readModelJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StageError(`Expected a model, but ${path} cannot be read: ${reasonOf(error)}`);
  }
}
