import type { Layer, PlainLayer } from './layer.ts';
import { layerWeights } from './layer-weights.ts';

/**
 * What each name of a net stands for: a layer for itself, a residual block for the layers inside; of these, in the net's
 * order, those that have weights.
 */
export function layersByName(layers: readonly Layer[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    layers.flatMap((layer) => {
      const all = [layer, ...(layer.kind === 'residual' ? plain(layer) : [])];
      return all.map((one): [string, readonly string[]] => [one.name, weightedLayers([one])]);
    }),
  );
}

/** The names of the layers that have weights, those inside of residual blocks in their place. */
export function weightedLayers(layers: readonly Layer[]): readonly string[] {
  // Whether there are any does not depend on the input's shape.
  const weighted = layers.flatMap(plain).filter((layer) => layerWeights(layer, [1]).length > 0);
  return weighted.map(({ name }) => name);
}

/** Whether a pattern, in which each `*` stands for any characters, is that of a name. */
export function matchesName(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === name;
  let at = first.length;
  if (!name.startsWith(first)) return false;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

const plain = (layer: Layer): readonly PlainLayer[] =>
  layer.kind === 'residual' ? [...layer.body, ...layer.shortcut] : [layer];
