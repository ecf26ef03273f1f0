import type { PlainLayer, Shape } from './layer.ts';

/** A weight of a layer, as tfjs-layers and Keras name and shape it. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The weights that a layer has for an input of this shape, in tfjs's order. */
export function layerWeights(layer: PlainLayer, input: Shape): readonly WeightShape[] {
  const inputs = input.at(-1)!;
  switch (layer.kind) {
    case 'conv':
      return [weight('kernel', layer.kernel, layer.kernel, inputs, layer.filters), ...biasOf(layer, layer.filters)];
    case 'separableConv':
      return [
        weight('depthwise_kernel', layer.kernel, layer.kernel, inputs, 1),
        weight('pointwise_kernel', 1, 1, inputs, layer.filters),
        ...biasOf(layer, layer.filters),
      ];
    case 'dense':
      return [weight('kernel', inputs, layer.units), ...biasOf(layer, layer.units)];
    case 'batchNorm':
      return ['gamma', 'beta', ...movingStatistics].map((name) => weight(name, inputs));
    default:
      return [];
  }
}

const weight = (name: string, ...shape: readonly number[]): WeightShape => ({ name, shape });

const biasOf = ({ bias }: { readonly bias: boolean }, outputs: number) => (bias ? [weight('bias', outputs)] : []);

const movingStatistics = ['moving_mean', 'moving_variance'];

/** Whether a weight, named with its layer or without, is learned by gradients. BatchNorm's moving statistics are not. */
export const isLearnable = (name: string): boolean => !movingStatistics.includes(name.slice(name.lastIndexOf('/') + 1));

/** Learnable parameters, frozen ones too: what papers report as the size of a network. */
export const countLearnable = (weights: Iterable<WeightShape>): number =>
  Array.from(weights).reduce((sum, weight) => sum + (isLearnable(weight.name) ? sizeOf(weight) : 0), 0);

/** How many numbers a weight holds. */
export const sizeOf = ({ shape }: WeightShape): number => shape.reduce((product, length) => product * length, 1);
