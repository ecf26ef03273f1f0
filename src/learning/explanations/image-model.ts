import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { gradientFree, type Method } from '../attribution/methods.ts';
import { loadModel, loadNetwork } from '../models/model-files.ts';
import type { ImageInput, ModelInfo } from '../models/model-info.ts';
import type { Network } from '../models/model-output.ts';

/** A model whose scores can be explained by maps: one whose input is images. */
export interface ImageModel<Model extends Network = LayersModel> {
  readonly model: Model;
  readonly info: ModelInfo;
  readonly input: ImageInput;
}

/**
 * The `model` artifact in a folder. Throws a {@link StageError} if it is none, or if its input is
 * features.
 */
export const openImageModel = async (folder: string): Promise<ImageModel> =>
  requireImages(await loadModel(folder));

/**
 * The same for these methods. An ONNX file is run as it is for methods that need no gradients; for
 * all others its nodes become layers.
 */
export async function openImageNetwork(
  folder: string,
  threads: number,
  methods: readonly Method[],
): Promise<ImageModel<Network>> {
  const isScored = methods.every((method) => gradientFree.includes(method));
  return requireImages(isScored ? await loadNetwork(folder, threads) : await loadModel(folder));
}

function requireImages<Model extends Network>({
  model,
  info,
}: {
  readonly model: Model;
  readonly info: ModelInfo;
}) {
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model of images, got one of ${info.input.values} features, which have no places to map. A stage load-model with it as "head" makes one model of it and the network of the features.`,
    );
  }
  return { model, info, input: info.input };
}
