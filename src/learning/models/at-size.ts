import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { buildNet } from './build-net.ts';
import { graphAtSize } from './graph/graph-at-size.ts';
import { graphOf, type ModelInfo } from './model-info.ts';
import { modelSetting, netOf } from './model-setting.ts';

/**
 * A model of images at native scale, for images of `size` pixels a side in place of those of its
 * training crops: the same network with a copy of the weights.
 */
export function atSize(model: LayersModel, info: ModelInfo, size: number): LayersModel {
  if (graphOf(info) !== undefined) return graphAtSize(model, size);
  const setting = modelSetting.safeParse(info.architecture);
  if (!setting.success)
    throw new StageError(
      `Expected a network that Restage knows, got ${String(info.architecture)}.`,
    );
  const resized = buildNet(netOf(setting.data, info.classes.length), size);
  resized.setWeights(model.getWeights());
  return resized;
}
