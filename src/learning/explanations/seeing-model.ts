import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { findConvolution } from '../attribution/cam/find-layer.ts';
import { loadModel } from '../models/model-files.ts';
import type { ImageInput, ModelInfo } from '../models/model-info.ts';

/** A model whose scores can be explained: one that sees images. */
export interface SeeingModel {
  readonly model: LayersModel;
  readonly info: ModelInfo;
  readonly input: ImageInput;
}

/**
 * The `model` artifact in a folder. Throws a {@link StageError} when it is none, or goes on from features, which show nothing
 * of where.
 */
export async function openSeeingModel(folder: string): Promise<SeeingModel> {
  const { model, info } = await loadModel(folder);
  if ('values' in info.input) {
    throw new StageError(
      `Expected a model that sees images, got one that goes on from ${info.input.values} features: they say nothing of where in the image. Explain a model that was trained on the images.`,
    );
  }
  return { model, info, input: info.input };
}

/**
 * The convolution that class activation maps of a model are taken from, the last unless one is named. Throws a
 * {@link StageError} with the names there are.
 */
export function layerOf({ model }: Pick<SeeingModel, 'model'>, name: string | undefined): string {
  const layer = findConvolution(model, name);
  if (!layer.ok) throw new StageError(layer.error);
  return layer.value;
}
