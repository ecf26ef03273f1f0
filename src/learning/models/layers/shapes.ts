/** The output of a layer for one image: `[height, width, channels]`, or `[values]` once it is flat. */
export type Shape = readonly [height: number, width: number, channels: number] | readonly [values: number];

/** `8 x 8 x 32`, `2,048 values`. */
export function showShape(shape: Shape): string {
  if (shape.length === 3) return shape.join(' x ');
  return `${shape[0].toLocaleString('en')} value${shape[0] === 1 ? '' : 's'}`;
}

/** A weight of a layer, as tfjs-layers and Keras name and shape it. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How many numbers a weight holds. */
export const sizeOf = ({ shape }: WeightShape): number => shape.reduce((product, length) => product * length, 1);

/** The weights of BatchNorm that gradients do not learn. */
export const movingStatistics = ['moving_mean', 'moving_variance'];

/** Whether gradients learn a weight, by its name with or without that of its layer. */
export const isLearnable = (name: string): boolean => !movingStatistics.includes(name.slice(name.lastIndexOf('/') + 1));

/** Learnable parameters, frozen ones too: what papers report as the size of a network. */
export const countLearnable = (weights: Iterable<WeightShape>): number =>
  Array.from(weights).reduce((sum, weight) => sum + (isLearnable(weight.name) ? sizeOf(weight) : 0), 0);
