import { permutation, Random } from '../../../random.ts';

/**
 * The pixels of a map from the most salient to the least. Chance orders those of equal value, of which a class activation map
 * has many at zero: from the top left on, as they lie, would be an order that the map does not have.
 *
 * @param map `[pixels]`.
 * @param seed Of the chance; the same for all maps of an image, so that they differ in what they say alone.
 * @returns Indices, `[pixels]`.
 */
export function saliencyOrder(map: Float32Array, seed: number): Uint32Array {
  const drawn = permutation(map.length, new Random('ties', seed));
  const order = Uint32Array.from(map, (_, pixel) => pixel);
  return order.sort((a, b) => map[b]! - map[a]! || drawn[a]! - drawn[b]!);
}
