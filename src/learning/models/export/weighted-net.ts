import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { headOf } from '../feature-head.ts';
import { type Shape, showShape } from '../layers/shapes.ts';
import { type TracedLayer, traceLayers } from '../layers/trace-net.ts';
import type { ModelFiles } from '../model-files.ts';
import { modelSetting, netOf } from '../model-setting.ts';
import { type NetWeight, netWeights } from '../weights/net-weights.ts';

/** A network with its weights, free of tfjs: what every format is written from. */
export interface WeightedNet {
  readonly traced: readonly TracedLayer[];
  /** What it sees: an image, or of a head, features. */
  readonly input: Shape;
  readonly weights: readonly (NetWeight & { readonly values: Float32Array })[];
}

/** The network of a `model` artifact. Throws a {@link StageError} where its layers are not those that its info names. */
export function weightedNet({ model, info }: ModelFiles): WeightedNet {
  const setting = modelSetting.safeParse(info.architecture);
  if (!setting.success)
    throw new StageError(`Expected a network that Restage knows, got ${String(info.architecture)}.`);
  const isHead = 'values' in info.input;
  const input: Shape = 'values' in info.input ? [info.input.values] : [info.input.size, info.input.size, 3];
  const { layers } = (isHead ? headOf : netOf)(setting.data, info.classes.length);
  const traced = traceLayers(layers, input);
  if (!traced.ok) throw new StageError(`Expected a network for ${showShape(input)}, but ${traced.error.message}.`);
  const all = netWeights(traced.value);
  const weights = [...new Set(all.map(({ layer }) => layer))].flatMap((layer) => {
    const values = valuesOf(model, layer.name);
    return all.filter((weight) => weight.layer === layer).map((weight, i) => ({ ...weight, values: values[i]! }));
  });
  return { traced: traced.value, input, weights };
}

function valuesOf(model: LayersModel, name: string): readonly Float32Array[] {
  const layer = model.layers.find((one) => one.name === name);
  if (layer === undefined) throw new StageError(`Expected the layer ${name} of the network in the model, got none.`);
  return layer.getWeights().map((weight) => weight.dataSync<'float32'>());
}
