import { formatCountOf } from '../../../format-numbers.ts';

/**
 * The output of a layer for one image: `[height, width, channels]`, or `[values]` once it is flat.
 */
export type Shape =
  | readonly [height: number, width: number, channels: number]
  | readonly [values: number];

/** `8 x 8 x 32`, `2,048 values`. */
export const showShape = (shape: Shape): string =>
  shape.length === 3 ? shape.join(' x ') : formatCountOf(shape[0], 'value');

/** A weight of a layer, as tfjs-layers and Keras name and shape it. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How many numbers a weight holds. */
export const sizeOf = ({ shape }: WeightShape): number =>
  shape.reduce((product, length) => product * length, 1);

/** The weights of BatchNorm that gradients do not learn. */
export const movingStatistics = ['moving_mean', 'moving_variance'];

/**
 * Whether gradients learn a weight, by its name with or without that of its layer. The constants of
 * an ONNX file's network do not learn either.
 */
export const isLearnable = (name: string): boolean => {
  const role = name.slice(name.lastIndexOf('/') + 1);
  return !movingStatistics.includes(role) && !/^constant(_\d+)?$/.test(role);
};

/** Learnable parameters, frozen ones too: what papers report as the size of a network. */
export const countLearnable = (weights: Iterable<WeightShape>): number =>
  Array.from(weights).reduce(
    (sum, weight) => sum + (isLearnable(weight.name) ? sizeOf(weight) : 0),
    0,
  );

/**
 * At the image's edge, windows stay inside (`valid`), or the image is padded with zeros (`same`).
 */
export const paddings = ['valid', 'same'] as const;

export const activations = ['relu', 'elu', 'swish', 'sigmoid', 'tanh'] as const;
export type Activation = (typeof activations)[number];

interface Named {
  readonly name: string;
  /** The path of its item in the list that the net was written as: `[3, 'residual', 0]`. */
  readonly at: readonly (string | number)[];
}

/** A layer that takes one input and has no layers inside. */
export type PlainLayer = Named & PlainForm;

/**
 * The settings of a plain layer, with all defaults filled in. Kernels, windows and strides are
 * square, in pixels.
 */
export type PlainForm =
  | ({
      readonly kind: 'conv' | 'separableConv';
      readonly filters: number;
      readonly kernel: number;
    } & Strided &
      Weighted)
  | ({ readonly kind: 'maxPool' | 'averagePool'; readonly size: number } & Strided)
  /** `momentum` is the share of the old moving mean and variance that a step keeps. */
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'flatten' | 'globalAveragePool' }
  | ({ readonly kind: 'dense'; readonly units: number } & Weighted);

export interface Strided {
  readonly stride: number;
  readonly padding: (typeof paddings)[number];
}

interface Weighted {
  readonly bias: boolean;
  /** Applied to the layer's own output. */
  readonly activation?: Activation;
}

/** A block with a path around it: `body(x) + shortcut(x)`. Without a shortcut, `body(x) + x`. */
export interface ResidualLayer extends Named {
  readonly kind: 'residual';
  readonly body: readonly PlainLayer[];
  readonly shortcut: readonly PlainLayer[];
}

/** The name of the addition at the end of a residual block. */
export const addName = ({ name }: { readonly name: string }): string => `${name}_add`;

export type Layer = PlainLayer | ResidualLayer;

/**
 * A network as data, without weights: from images `[height, width, 3]` to logits `[classes]`.
 */
export interface Net {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** All plain layers, those of residual blocks in their place, the body's before the shortcut's. */
export const plainLayersIn = (layers: readonly Layer[]): readonly PlainLayer[] =>
  layers.flatMap((layer) =>
    layer.kind === 'residual' ? [...layer.body, ...layer.shortcut] : [layer],
  );
