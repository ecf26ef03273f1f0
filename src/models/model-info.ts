import { z } from 'zod';
import { fits, kernels } from '../vision/resize.ts';
import { layerItem } from './layer-items.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** What using a model needs to know beyond its layers and weights: `info.json` of a `model` artifact. No times, hosts or paths. */
export const modelInfo = z.object({
  /** Its name in the table of networks, or the layers as they were written. */
  architecture: z.union([z.string(), z.strictObject({ layers: z.array(layerItem) })], {
    error: 'expected a name or layers',
  }),
  /** In label order: the logit at index 0 is that of `classes[0]`. */
  classes: z.array(z.string()),
  /** How an image becomes the network's input. */
  input: z.object({
    /** Pixels a side. */
    size: z.int().positive(),
    fit: z.enum(fits),
    kernel: z.enum(kernels),
    /** (value - mean) / deviation for red, green, blue, of values from 0 to 1. */
    normalise: z.object({ mean: triple, deviation: triple }),
  }),
  /** The settings that trained it, as a `train` stage got them. */
  training: z.record(z.string(), z.json()),
  /** The epoch whose weights these are, counted from 1. */
  chosenEpoch: z.int(),
  /** The compute backend that trained it, such as `onnxruntime` or `onnxruntime:webgpu`. */
  backend: z.string(),
  /** Of the packages that computed, by package; models of before it was noted lack it. */
  versions: z.record(z.string(), z.string()).optional(),
});
export type ModelInfo = z.infer<typeof modelInfo>;
