import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { headOf } from '../feature-head.ts';
import { type Shape, showShape } from '../layers/layer.ts';
import { type TracedLayer, traceLayers } from '../layers/trace-net.ts';
import type { ModelFiles } from '../model-files.ts';
import { modelSetting, netOf } from '../model-setting.ts';
import {
  type NetWeight,
  netWeights,
  pytorchName,
  pytorchShape,
  toPytorch,
} from '../weights/net-weights.ts';
import { encodeSafetensors } from '../weights/safetensors.ts';

/** A network with its weights, independent of tfjs: the source of every export format. */
export interface WeightedNet {
  readonly traced: readonly TracedLayer[];
  readonly input: Shape;
  /** Whether it takes images of other sizes, too: one for images at native scale. */
  readonly isForAnySize: boolean;
  readonly weights: readonly (NetWeight & { readonly values: Float32Array })[];
}

/**
 * The network of a `model` artifact. Throws a {@link StageError} where its layers are not those
 * that its info names.
 */
export function weightedNet({ model, info }: ModelFiles): WeightedNet {
  const setting = modelSetting.safeParse(info.architecture);
  if (!setting.success) {
    throw new StageError(
      `Expected a network that Restage knows, got ${String(info.architecture)}.`,
    );
  }
  const isHead = 'values' in info.input;
  const input: Shape =
    'values' in info.input ? [info.input.values] : [info.input.size, info.input.size, 3];
  const { layers } = (isHead ? headOf : netOf)(setting.data, info.classes.length);
  const traced = traceLayers(layers, input);
  if (!traced.ok)
    throw new StageError(
      `Expected a network for ${showShape(input)}, but ${traced.error.message}.`,
    );
  const all = netWeights(traced.value);
  const weights = [...new Set(all.map(({ layer }) => layer))].flatMap((layer) => {
    const values = valuesOf(model, layer.name);
    return all
      .filter((weight) => weight.layer === layer)
      .map((weight, i) => ({ ...weight, values: values[i]! }));
  });
  const isForAnySize = 'size' in info.input && info.input.scale === 'native';
  return { traced: traced.value, input, isForAnySize, weights };
}

function valuesOf(model: LayersModel, name: string): readonly Float32Array[] {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (layer === undefined)
    throw new StageError(`Expected the layer ${name} of the network in the model, got none.`);
  return layer.getWeights().map((weight) => weight.dataSync<'float32'>());
}

/**
 * A safetensors file in PyTorch's names and layouts. Throws a {@link StageError} where two layers
 * would have one name.
 */
export function exportSafetensors(
  { weights }: WeightedNet,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = weights.map((weight) => ({
    name: pytorchName(weight),
    shape: pytorchShape(weight),
    values: toPytorch(weight, weight.values),
  }));
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return encodeSafetensors(tensors, metadata);
  throw new StageError(
    `Expected names that differ in more than "/" and ".", but two layers would be ${twice}.`,
  );
}
