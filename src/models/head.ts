import type { Layer } from './layer.ts';

/**
 * The names of a network's head: the layers behind the last point at which the image became flat. They judge, for the
 * classes at hand, what the others, the backbone, see. Empty where the image never becomes flat.
 */
export function headLayers(layers: readonly Layer[]): ReadonlySet<string> {
  const flat = layers.findLastIndex(({ kind }) => kind === 'flatten' || kind === 'globalAveragePool');
  return new Set(flat === -1 ? [] : layers.slice(flat + 1).map(({ name }) => name));
}
