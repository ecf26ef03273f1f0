import { formatCountOf } from '../../../format-numbers.ts';

/**
 * The output of a layer for one image: `[height, width, channels]`, `[tokens, channels]` in a
 * transformer, or `[values]` once it is flat.
 */
export type Shape =
  | readonly [height: number, width: number, channels: number]
  | readonly [tokens: number, channels: number]
  | readonly [values: number];

/** `8 x 8 x 32`, `197 tokens x 384`, `2,048 values`. */
export function showShape(shape: Shape): string {
  if (shape.length === 3) return shape.join(' x ');
  if (shape.length === 2) return `${formatCountOf(shape[0], 'token')} x ${shape[1]}`;
  return formatCountOf(shape[0], 'value');
}

/** A weight of a layer, as tfjs-layers and Keras name and shape it. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How many numbers a weight holds. */
export const sizeOf = ({ shape }: WeightShape): number =>
  shape.reduce((product, length) => product * length, 1);

/** The weights of BatchNorm that gradients do not learn; a scaling of features has the first. */
export const movingStatistics = ['moving_mean', 'moving_variance'];

/**
 * Whether gradients learn a weight, by its name with or without that of its layer. The constants of
 * an ONNX file's network do not learn either.
 */
export const isLearnable = (name: string): boolean => {
  const role = name.slice(name.lastIndexOf('/') + 1);
  const isFitted = movingStatistics.includes(role) || role === 'whitening';
  return !isFitted && !/^constant(_\d+)?$/.test(role);
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

export const scalings = ['centre', 'unit', 'whiten'] as const;

export const activations = [
  'relu',
  'relu6',
  'elu',
  'swish',
  'hardSwish',
  'gelu',
  'sigmoid',
  'tanh',
] as const;
export type Activation = (typeof activations)[number];

interface Named {
  readonly name: string;
  /** The path of its item in the list that the net was written as: `[3, 'residual', 0]`. */
  readonly at: readonly (string | number)[];
}

/** A layer that takes one input and has no layers inside. */
export type PlainLayer = Named & PlainForm;

/**
 * The settings of a plain layer, with all defaults filled in. Kernels are `[height, width]`;
 * windows and strides are square; all in pixels.
 */
export type PlainForm =
  | ({ readonly kind: 'conv'; readonly filters: number } & Kernel & Strided & Weighted)
  | ({ readonly kind: 'separableConv'; readonly filters: number } & Kernel & Strided & Weighted)
  /** A convolution of each channel by itself. */
  | ({ readonly kind: 'depthwiseConv' } & Kernel & Strided & Weighted)
  | ({ readonly kind: 'maxPool'; readonly size: number } & Strided)
  | ({ readonly kind: 'averagePool'; readonly size: number } & Strided)
  /** Rows and columns of zeros around the image. */
  | { readonly kind: 'zeroPad'; readonly around: Around }
  /** `momentum` is the share of the old moving mean and variance that a step keeps. */
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number }
  /**
   * Over the channels of each pixel or token (Ba, Kiros and Hinton 2016, "Layer normalization").
   */
  | { readonly kind: 'layerNorm'; readonly epsilon: number }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'dropout'; readonly rate: number }
  /**
   * A learned factor for each channel (Touvron et al. 2021, "Going deeper with image
   * transformers").
   */
  | { readonly kind: 'layerScale'; readonly initial: number }
  /** How the features of a head are scaled, by constants of those of the training split. */
  | { readonly kind: 'scaling'; readonly by: Scaling }
  | { readonly kind: 'flatten' }
  | { readonly kind: 'globalAveragePool' }
  /** Values as an image of one pixel, so that a gate can multiply an image by them. */
  | { readonly kind: 'pixel' }
  /**
   * The pixels of an image as tokens, row by row, behind a learned class token, with learned
   * positions added (Dosovitskiy et al. 2021, "An image is worth 16x16 words", equation 1).
   */
  | { readonly kind: 'tokens' }
  /** Self-attention of several heads (Vaswani et al. 2017, section 3.2.2), with all biases. */
  | { readonly kind: 'attention'; readonly heads: number }
  /** The first token alone. */
  | { readonly kind: 'classToken' }
  /** `pixelwise`: of the channels of each pixel, as a convolution of 1 x 1. */
  | ({ readonly kind: 'dense'; readonly units: number; readonly pixelwise: boolean } & Weighted);

/**
 * The mean is subtracted (`centre`), the row is divided by its length (`unit`), or the mean is
 * subtracted and values become uncorrelated, of variance 1 (`whiten`).
 */
export type Scaling = (typeof scalings)[number];

/** Rows above, columns to the right, rows below, columns to the left. */
export type Around = readonly [top: number, right: number, bottom: number, left: number];

interface Kernel {
  readonly kernel: readonly [height: number, width: number];
}

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
  readonly body: readonly Layer[];
  readonly shortcut: readonly Layer[];
}

/** A block that weighs its input: `x * body(x)`, such as squeeze and excitation. */
export interface GateLayer extends Named {
  readonly kind: 'gate';
  readonly body: readonly Layer[];
}

/** Branches from one input, whose channels are put side by side. */
export interface ConcatLayer extends Named {
  readonly kind: 'concat';
  readonly branches: readonly (readonly Layer[])[];
}

/** A layer with layers inside. */
export type BlockLayer = ResidualLayer | GateLayer | ConcatLayer;

/** The layers inside a block, path by path: a residual block's body before its shortcut. */
export function pathsOf(layer: BlockLayer): readonly (readonly Layer[])[] {
  if (layer.kind === 'residual') return [layer.body, layer.shortcut];
  return layer.kind === 'gate' ? [layer.body] : layer.branches;
}

const joinSuffixes = { residual: 'add', gate: 'multiply', concat: 'concat' } as const;

/** The name of the operation at the end of a block: `block1_add`. */
export const joinName = ({
  kind,
  name,
}: {
  readonly kind: BlockLayer['kind'];
  readonly name: string;
}): string => `${name}_${joinSuffixes[kind]}`;

export type Layer = PlainLayer | BlockLayer;

export const isBlock = (layer: Layer): layer is BlockLayer => layer.kind in joinSuffixes;

/**
 * A network as data, without weights: from images `[height, width, 3]` to logits `[classes]`.
 */
export interface Net {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** All plain layers, those of blocks in their place, path by path. */
export const plainLayersIn = (layers: readonly Layer[]): readonly PlainLayer[] =>
  layers.flatMap((layer) => (isBlock(layer) ? pathsOf(layer).flatMap(plainLayersIn) : [layer]));
