import { z } from 'zod';
import { featuresSource } from '../vision/features/features.ts';
import { fits, kernels } from '../vision/resize-settings.ts';
import { layerItem } from './layers/layer-items.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);

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

/** The features that a head was trained on, as their artifact says. */
const featuresInput = z.object({ values: z.int().positive(), of: featuresSource.optional() });
export type FeaturesInput = z.infer<typeof featuresInput>;

/** What using a model needs to know beyond its layers and weights: `info.json` of a `model` artifact. No times, hosts or paths. */
export const modelInfo = z.object({
  /** Its name in the table of networks, or the layers as they were written. */
  architecture: z.union([z.string(), z.strictObject({ layers: z.array(layerItem) })], {
    error: 'expected a name or layers',
  }),
  /** In label order: the logit at index 0 is that of `classes[0]`. */
  classes: z.array(z.string()),
  /** What the network sees: images, or of a head, features. */
  input: z.union([imageInput, featuresInput], { error: 'expected the size of images or the number of features' }),
  /** The settings that trained it, as a `train` stage got them; those of `load-model` where it was loaded from a file. */
  training: z.record(z.string(), z.json()),
  /** The epoch whose weights these are, counted from 1; 0 where none was trained here. */
  chosenEpoch: z.int(),
  /** The compute backend that trained it, such as `onnxruntime` or `onnxruntime:webgpu`; `none` where none did. */
  backend: z.string(),
  /** Of the packages that computed, by package; models of before it was noted lack it. */
  versions: z.record(z.string(), z.string()).optional(),
});
export type ModelInfo = z.infer<typeof modelInfo>;
