import type { PlainLayer } from '../layers/layer.ts';
import type { Shape } from '../layers/shapes.ts';
import { plainLayers, type TracedLayer } from '../layers/trace-net.ts';

/** A weight of a network, with what its name and layout in a file depend on. */
export interface NetWeight {
  readonly layer: PlainLayer;
  /** As tfjs-layers calls it within its layer: `kernel`, `moving_mean`. */
  readonly name: string;
  /** As tfjs-layers lays it out. */
  readonly shape: readonly number[];
  /** `[height, width, channels]` of the image whose values, in this order, are the weight's first axis. */
  readonly flattened?: readonly [number, number, number];
}

/** All weights of a network, layer by layer, in tfjs's order within one. */
export function netWeights(traced: readonly TracedLayer[]): readonly NetWeight[] {
  let flattened: Extract<Shape, { readonly length: 3 }> | undefined;
  return plainLayers(traced).flatMap(({ layer, input, weights }) => {
    if (layer.kind === 'flatten' && input.length === 3) flattened = input;
    const image = flattened;
    // What a dense layer leaves has no places any more.
    if (layer.kind === 'dense') flattened = undefined;
    return weights.map(({ name, shape }) => {
      const isOfInputs = name !== 'bias' && image !== undefined;
      return { layer, name, shape, ...(isOfInputs && { flattened: image }) };
    });
  });
}
