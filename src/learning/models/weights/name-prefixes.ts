import type { StoredWeights } from './weight-files.ts';

/** What wrappers of PyTorch put before every name: `DataParallel`, and `torch.compile`. */
const prefixes = ['module.', '_orig_mod.'];

/** The weights without the prefixes that every name has; one that only some have is their own. */
export function withoutPrefixes(weights: StoredWeights): StoredWeights {
  const names = [...weights.tensors.keys()];
  const length = prefixLength(names);
  if (length === 0) return weights;
  const tensors = Array.from(weights.tensors.values(), (tensor) => {
    const name = tensor.name.slice(length);
    return [name, { ...tensor, name }] as const;
  });
  return { ...weights, tensors: new Map(tensors) };
}

function prefixLength(names: readonly string[]): number {
  const shared = (from: number) =>
    prefixes.find((prefix) => names.every((name) => name.startsWith(prefix, from)));
  let length = 0;
  if (names.length === 0) return length;
  for (let prefix = shared(0); prefix !== undefined; prefix = shared(length))
    length += prefix.length;
  return length;
}
