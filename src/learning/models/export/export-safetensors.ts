import { StageError } from '../../../stage.ts';
import { encodeSafetensors } from '../weights/encode-safetensors.ts';
import { pytorchName, pytorchShape, toPytorch } from '../weights/pytorch-layout.ts';
import type { WeightedNet } from './weighted-net.ts';

/**
 * The bytes of a safetensors file with a network's weights as PyTorch calls and lays them out (`pytorch-layout.ts`).
 * Throws a {@link StageError} where two layers would have one name there.
 */
export function exportSafetensors({ weights }: WeightedNet, metadata: Readonly<Record<string, string>>): Uint8Array {
  const tensors = weights.map((weight) => ({
    name: pytorchName(weight),
    shape: pytorchShape(weight),
    values: toPytorch(weight, weight.values),
  }));
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return encodeSafetensors(tensors, metadata);
  throw new StageError(`Expected names that differ in more than "/" and ".", but two layers would be ${twice}.`);
}
