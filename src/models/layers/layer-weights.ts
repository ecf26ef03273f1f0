import type { PlainLayer, Shape } from './layer.ts';

/** A weight of a layer, as tfjs-layers and Keras name and shape it. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for moving statistics, which training updates without a gradient. */
  readonly trained: boolean;
}

/** The weights that a layer has for an input of this shape, in tfjs's order. */
export function layerWeights(layer: PlainLayer, input: Shape): readonly WeightShape[] {
  const inputs = input.at(-1)!;
  switch (layer.kind) {
    case 'conv':
      return [trained('kernel', layer.kernel, layer.kernel, inputs, layer.filters), ...biasOf(layer, layer.filters)];
    case 'separableConv':
      return [
        trained('depthwise_kernel', layer.kernel, layer.kernel, inputs, 1),
        trained('pointwise_kernel', 1, 1, inputs, layer.filters),
        ...biasOf(layer, layer.filters),
      ];
    case 'dense':
      return [trained('kernel', inputs, layer.units), ...biasOf(layer, layer.units)];
    case 'batchNorm':
      return [
        trained('gamma', inputs),
        trained('beta', inputs),
        ...['moving_mean', 'moving_variance'].map((name) => ({ name, shape: [inputs], trained: false })),
      ];
    default:
      return [];
  }
}

const trained = (name: string, ...shape: readonly number[]): WeightShape => ({ name, shape, trained: true });

const biasOf = ({ bias }: { readonly bias: boolean }, outputs: number) => (bias ? [trained('bias', outputs)] : []);

/** How many numbers a weight holds. */
export const sizeOf = ({ shape }: WeightShape): number => shape.reduce((product, length) => product * length, 1);
