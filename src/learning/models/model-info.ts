import { join } from 'node:path';
import { z } from 'zod';
import { recipe } from '../vision/dataset/recipe.ts';
import { featuresSource } from '../vision/features/features.ts';
import { parseArtifactFile } from '../vision/parse-artifact-file.ts';
import {
  fits,
  kernels,
  type NativeScale,
  type Resize,
  usualLargest,
} from '../vision/resize-settings.ts';
import { resizeTo } from './input-settings.ts';
import { layerItem } from './layers/layer-items.ts';
import { triple } from './preprocessing/triple.ts';

/** The preparation of an image as the network's input. */
export const imageInput = z.object({
  /** Pixels a side. */
  size: z.int().positive(),
  fit: z.enum(fits),
  kernel: z.enum(kernels),
  /** (value - mean) / deviation for red, green, blue, of values from 0 to 1. */
  normalise: z.object({ mean: triple, deviation: triple }),
  /** Takes the place of `fit`: the image is resized to it, and its middle of `size` is taken. */
  resize: resizeTo.optional(),
  /**
   * Images are not resized: the network was trained on random crops of `size`, and sees whole
   * images, of at most `largest` pixels a side.
   */
  scale: z.literal('native').optional(),
  largest: z.int().positive().optional(),
});
export type ImageInput = z.infer<typeof imageInput>;

/** How an image is decoded for a network; at native scale its middle of the size of crops. */
export const resizeOf = ({ size, fit, kernel, resize, scale }: ImageInput): Resize => ({
  width: size,
  height: size,
  fit,
  kernel,
  ...(resize !== undefined && { before: resize }),
  ...(scale === 'native' && { before: scale }),
});

/** The native scale of a network that sees whole images; undefined where they are resized. */
export const nativeOf = ({ scale, largest }: ImageInput): NativeScale | undefined =>
  scale === undefined ? undefined : { largest: largest ?? usualLargest };

/** The features that a head was trained on, as described by their artifact. */
const featuresInput = z.object({ values: z.int().positive(), of: featuresSource.optional() });
export type FeaturesInput = z.infer<typeof featuresInput>;

/** A network that begins as an ONNX file does, and ends with layers of its own. */
const graphArchitecture = z.strictObject({
  /** SHA-256 of the file. */
  onnx: z.string(),
  /** The tensor after which the file's network was cut, or the layer of it. */
  cut: z.string(),
  head: z.array(layerItem),
  /** The order of an image's axes in the file. */
  layout: z.enum(['NCHW', 'NHWC']),
  /** The version of ONNX's operators that the file uses. */
  opset: z.int(),
});
export type GraphArchitecture = z.infer<typeof graphArchitecture>;

/**
 * Everything that using a model requires besides its layers and weights: `info.json`. No times,
 * hosts or paths.
 */
export const modelInfo = z.object({
  /**
   * Its name in the table of networks, or the layers as they were written; `onnx` for the network
   * of a file.
   */
  architecture: z.union(
    [z.string(), z.strictObject({ layers: z.array(layerItem) }), graphArchitecture],
    { error: 'expected a name, layers, or the facts of an ONNX file' },
  ),
  /** In label order: the logit at index 0 is that of `classes[0]`. */
  classes: z.array(z.string()),
  /**
   * What is known of an ONNX file: its parameters, and whether it gives probabilities in place of
   * logits.
   */
  onnx: z.object({ parameters: z.int(), probabilities: z.boolean() }).optional(),
  input: z.union([imageInput, featuresInput], {
    error: 'expected the size of images or the number of features',
  }),
  /** How the images of its training were made of videos or of larger ones, where that is known. */
  recipe: recipe.optional(),
  /**
   * The settings of the `train` stage, or of the `load-model` stage where it was loaded from a
   * file.
   */
  training: z.record(z.string(), z.json()),
  /** The epoch whose weights these are, counted from 1; 0 for a model that was not trained here. */
  chosenEpoch: z.int(),
  /**
   * The compute backend that trained it, such as `onnxruntime` or `onnxruntime:webgpu`; `none`
   * where none did.
   */
  backend: z.string(),
  /** The versions of the packages that computed; absent in older models. */
  versions: z.record(z.string(), z.string()).optional(),
});
export type ModelInfo = z.infer<typeof modelInfo>;

/** The network of a model that began as an ONNX file; undefined for any other. */
export function graphOf({ architecture }: ModelInfo): GraphArchitecture | undefined {
  return typeof architecture === 'object' && 'onnx' in architecture ? architecture : undefined;
}

export const infoFile = 'info.json';
/** The network of a model that came as an ONNX file. */
export const onnxFile = 'model.onnx';

/** Reads the info of the `model` artifact in `folder`. Throws a `StageError` when it is not one. */
export const readModelInfo = (folder: string): ModelInfo =>
  parseArtifactFile('a model', join(folder, infoFile), modelInfo);
