/** What a layer leaves of one image: `[height, width, channels]`, or `[values]` once it is flat. */
export type Shape = readonly [height: number, width: number, channels: number] | readonly [values: number];

/** What is done at the image's edge: nothing, so that windows stay inside (`valid`), or zeros around it (`same`). */
export const paddings = ['valid', 'same'] as const;
export type Padding = (typeof paddings)[number];

export const activations = ['relu', 'elu', 'swish', 'sigmoid', 'tanh'] as const;
export type Activation = (typeof activations)[number];

interface Named {
  readonly name: string;
  /** Where its item stands in the list that the net was written as: `[3, 'residual', 0]`. */
  readonly at: readonly (string | number)[];
}

/** A layer that takes one input and has no layers inside. */
export type PlainLayer = Named & PlainForm;

/** What a plain layer does, everything decided. Kernels, windows and strides are square, in pixels. */
export type PlainForm =
  | ({ readonly kind: 'conv' | 'separableConv'; readonly filters: number; readonly kernel: number } & Strided &
      Weighted)
  | ({ readonly kind: 'maxPool' | 'averagePool'; readonly size: number } & Strided)
  /** `momentum` is the share of the old moving mean and variance that a step keeps. */
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'flatten' | 'globalAveragePool' }
  | ({ readonly kind: 'dense'; readonly units: number } & Weighted);

interface Strided {
  readonly stride: number;
  readonly padding: Padding;
}

interface Weighted {
  readonly bias: boolean;
  /** Of the layer's own output. */
  readonly activation?: Activation;
}

/** A block whose input goes around it: `body(x) + shortcut(x)`. Without a shortcut, `body(x) + x`. */
export interface ResidualLayer extends Named {
  readonly kind: 'residual';
  readonly body: readonly PlainLayer[];
  readonly shortcut: readonly PlainLayer[];
}

/** What the addition at the end of a residual block is called. */
export const addName = ({ name }: { readonly name: string }): string => `${name}_add`;

export type Layer = PlainLayer | ResidualLayer;

/**
 * A network's form as data, without weights: from images `[height, width, 3]` to logits `[classes]`, real first. Shapes,
 * counts, drawings and the tfjs model all come from it.
 */
export interface Net {
  readonly name: string;
  readonly layers: readonly Layer[];
}
