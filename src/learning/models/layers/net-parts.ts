import { isBlock, type Layer, type Net, pathsOf, plainLayersIn } from './layer.ts';
import { layerWeights } from './layer-kinds.ts';

/**
 * The layers before the first that makes an image or tokens flat, also one inside a residual block;
 * none of a net that begins with values.
 */
export function backbone(layers: readonly Layer[]): readonly Layer[] {
  return layers.slice(0, Math.max(layers.findIndex(flattens), 0));
}

/** What a gate pools only weighs its input, which stays what it is. */
function flattens(layer: Layer): boolean {
  if (layer.kind === 'gate') return false;
  if (layer.kind === 'residual') return layer.body.some(flattens);
  return isBlock(layer) ? pathsOf(layer).some((path) => path.some(flattens)) : isFlattening(layer);
}

const isFlattening = ({ kind }: Layer): boolean =>
  kind === 'flatten' || kind === 'globalAveragePool' || kind === 'classToken';

/**
 * The layers with weights by each name of a net: a layer for itself, a block for the layers inside.
 */
export function layersByName(layers: readonly Layer[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    layers.flatMap((layer) => {
      const inside = isBlock(layer) ? pathsOf(layer).flat() : [];
      return [[layer.name, weightedLayers([layer])] as const, ...layersByName(inside)];
    }),
  );
}

/** The names of the layers with weights, those inside blocks in their place. */
export function weightedLayers(layers: readonly Layer[]): readonly string[] {
  // Whether a layer has weights does not depend on the input's shape.
  const weighted = plainLayersIn(layers).filter(
    (layer) => layerWeights(layer, [1, 1, 1]).length > 0,
  );
  return weighted.map(({ name }) => name);
}

/**
 * Whether a name matches a pattern, in which each `*` stands for any characters; in linear time, as
 * a RegExp would not.
 */
export function matchesName(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === name;
  let at = first.length;
  if (!name.startsWith(first)) return false;
  for (const part of others) {
    const start = name.indexOf(part, at);
    if (start === -1) return false;
    at = start + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** The layers of a network that may be frozen. */
export interface NetworkParts {
  /** The names of layers with weights, by every name that stands for some; none for one without. */
  readonly byName: ReadonlyMap<string, readonly string[]>;
  /** The names of those before the head. */
  readonly backbone: readonly string[];
  /** The names of those that normalise. */
  readonly norms: readonly string[];
}

export const partsOfNet = ({ layers }: Net): NetworkParts => ({
  byName: layersByName(layers),
  backbone: weightedLayers(backbone(layers)),
  norms: plainLayersIn(layers)
    .filter(({ kind }) => kind === 'batchNorm' || kind === 'layerNorm')
    .map(({ name }) => name),
});
