import { err, ok, type Result } from '../../../result.ts';
import type { NetUnit } from '../../charts/draw-net.ts';
import type { PlainForm, PlainLayer, Shape, Strided, WeightShape } from './layer.ts';
import { movingStatistics, showShape } from './layer.ts';

/**
 * The facts about one kind of layer, besides its computation by tfjs (`build-net.ts`) and ONNX
 * (`export-onnx.ts`).
 */
interface LayerKind<L> {
  /** The beginning of default names: `conv` of `conv5`. */
  stem(layer: L): string;
  /** Whether it needs an image, or takes any input. */
  readonly needsImage: boolean;
  /** The output for an input that fits, or a sentence on why it cannot be. */
  output(layer: L & { readonly name: string }, input: Shape): Result<Shape, string>;
  /** The weights for an input of `inputs` channels or values, in tfjs's order. */
  weights(layer: L, inputs: number): readonly WeightShape[];
  /** A description for tables and drawings: `conv 7 x 7, stride 2, relu`. */
  describe(layer: L): string;
  readonly colour: NetUnit['kind'];
}

type FormOf<Kind> = Extract<PlainForm, { readonly kind: Kind }>;
type Image = Extract<Shape, { readonly length: 3 }>;

const weight = (name: string, ...shape: readonly number[]): WeightShape => ({ name, shape });
const biasOf = ({ bias }: { readonly bias: boolean }, outputs: number) =>
  bias ? [weight('bias', outputs)] : [];
const joined = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter(Boolean).join(', ');
const unchanged = {
  needsImage: false,
  output: (_: unknown, input: Shape) => ok(input),
  weights: () => [],
} as const;

type Convolution = Pick<
  LayerKind<FormOf<'conv' | 'separableConv'>>,
  'needsImage' | 'output' | 'describe'
>;

const convolution = (words: string): Convolution => ({
  needsImage: true,
  output: (layer, input) => slide(layer, input as Image, layer.kernel, layer.filters),
  describe: ({ kernel, stride, padding, activation }) => {
    // A kernel of one pixel needs no padding.
    const same = padding === 'same' && kernel > 1 && 'same';
    return joined(
      `${words} ${kernel} x ${kernel}`,
      stride > 1 && `stride ${stride}`,
      same,
      activation,
    );
  },
});

const pooling = (words: string): LayerKind<FormOf<'maxPool' | 'averagePool'>> => ({
  stem: () => 'pool',
  needsImage: true,
  output: (layer, input) => slide(layer, input as Image, layer.size, input.at(-1)!),
  weights: () => [],
  describe: ({ size, stride, padding }) =>
    joined(
      `${words} ${size} x ${size}`,
      stride !== size && `stride ${stride}`,
      padding === 'same' && 'same',
    ),
  colour: 'pool',
});

const kinds: { readonly [Kind in PlainForm['kind']]: LayerKind<FormOf<Kind>> } = {
  conv: {
    ...convolution('conv'),
    stem: () => 'conv',
    weights: (layer, inputs) => {
      const { kernel, filters } = layer;
      return [weight('kernel', kernel, kernel, inputs, filters), ...biasOf(layer, filters)];
    },
    colour: 'conv',
  },
  separableConv: {
    ...convolution('separable conv'),
    stem: () => 'sepconv',
    weights: (layer, inputs) => {
      const { kernel, filters } = layer;
      const depthwise = weight('depthwise_kernel', kernel, kernel, inputs, 1);
      return [
        depthwise,
        weight('pointwise_kernel', 1, 1, inputs, filters),
        ...biasOf(layer, filters),
      ];
    },
    colour: 'separableConv',
  },
  maxPool: pooling('max-pool'),
  averagePool: pooling('average pool'),
  batchNorm: {
    ...unchanged,
    stem: () => 'bn',
    weights: (_, inputs) =>
      ['gamma', 'beta', ...movingStatistics].map((name) => weight(name, inputs)),
    describe: () => 'batch norm',
    colour: 'other',
  },
  activation: {
    ...unchanged,
    stem: (layer) => layer.activation,
    describe: (layer) => layer.activation,
    colour: 'other',
  },
  dropout: {
    ...unchanged,
    stem: () => 'dropout',
    describe: ({ rate }) => `dropout ${rate}`,
    colour: 'other',
  },
  flatten: {
    stem: () => 'flatten',
    needsImage: true,
    weights: () => [],
    describe: () => 'flatten',
    colour: 'other',
    output: (_, input) => ok([input.reduce((product, length) => product * length, 1)]),
  },
  globalAveragePool: {
    stem: () => 'globalAveragePool',
    needsImage: true,
    weights: () => [],
    colour: 'pool',
    output: (_, input) => ok([input.at(-1)!]),
    describe: () => 'global average pool',
  },
  dense: {
    stem: () => 'dense',
    needsImage: false,
    output: ({ name, units }, input) => {
      if (input.length === 1) return ok([units]);
      return err(
        `${name} needs a flat input, gets ${showShape(input)}: put flatten or globalAveragePool before it`,
      );
    },
    weights: (layer, inputs) => [
      weight('kernel', inputs, layer.units),
      ...biasOf(layer, layer.units),
    ],
    describe: ({ activation }) => joined('dense', activation),
    colour: 'dense',
  },
};

/** The kind of a layer. Its functions take only layers of this kind. */
export const layerKind = ({ kind }: PlainForm): LayerKind<PlainForm> => kinds[kind];

/** The output of a layer for an input of this shape, or a sentence on why it cannot take it. */
export function outputShape(layer: PlainLayer, input: Shape): Result<Shape, string> {
  const { needsImage, output } = layerKind(layer);
  if (!needsImage || input.length === 3) return output(layer, input);
  return err(`${layer.name} needs an image of height x width x channels, gets ${showShape(input)}`);
}

/** The weights of a layer for an input of this shape, in tfjs's order. */
export const layerWeights = (layer: PlainForm, input: Shape): readonly WeightShape[] =>
  layerKind(layer).weights(layer, input.at(-1)!);

/** A description of a layer for tables and drawings: `conv 7 x 7, stride 2, relu`. */
export const describeLayer = (layer: PlainForm): string => layerKind(layer).describe(layer);

/** The size after a window has moved over the image, as TensorFlow counts it. */
function slide(
  { name, stride, padding }: Strided & { readonly name: string },
  [height, width]: Image,
  window: number,
  channels: number,
): Result<Shape, string> {
  if (padding === 'valid' && Math.min(height, width) < window) {
    return err(`${name} needs at least ${window} x ${window}, gets ${height} x ${width}`);
  }
  if (Math.min(height, width) < stride) {
    return err(
      `${name} needs at least ${stride} x ${stride}, its stride, gets ${height} x ${width}`,
    );
  }
  const after = (size: number) =>
    Math.ceil((padding === 'same' ? size : size - window + 1) / stride);
  return ok([after(height), after(width), channels]);
}
