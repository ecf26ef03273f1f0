import type { LayersModel } from '@tensorflow/tfjs';
import { buildNet } from '../build-net.ts';
import { initialiseWeights } from '../initial-weights.ts';
import { type ModelSetting, netOf } from '../model-setting.ts';
import { loadWeights } from './load-weights.ts';
import { openWeights } from './open-weights.ts';

/** A network with random weights, and then those of files, with the messages about them. */
export async function loadNet(
  setting: ModelSetting,
  imageSize: number,
  ...paths: readonly string[]
) {
  const net = netOf(setting);
  const model = buildNet(net, imageSize);
  initialiseWeights(model, 1);
  using stored = await openWeights(paths);
  return { model, ...loadWeights(model, { net, imageSize }, stored) };
}

/** The values of a layer's weights, in their order. */
export const weightsOf = (model: LayersModel, layer: string): readonly Float32Array[] =>
  model
    .getLayer(layer)
    .getWeights()
    .map((weight) => weight.dataSync<'float32'>());
