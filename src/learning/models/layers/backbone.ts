import type { Layer } from './layer.ts';

/**
 * The layers that see an image, up to where it becomes a list of values: all before the first flatten or global pooling.
 * What follows is the head, which tells classes apart by them: of Xception its dense layers, of a net that ends with one
 * dense layer that one. A residual block that flattens inside belongs to the head. A net that begins with values has no backbone.
 */
export function backbone(layers: readonly Layer[]): readonly Layer[] {
  const end = layers.findIndex((layer) => (layer.kind === 'residual' ? layer.body.some(flattens) : flattens(layer)));
  return layers.slice(0, Math.max(end, 0));
}

const flattens = ({ kind }: Layer): boolean => kind === 'flatten' || kind === 'globalAveragePool';
