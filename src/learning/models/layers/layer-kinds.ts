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
  /** What it needs: an image, tokens, values, or any of them. */
  readonly needs: keyof typeof needed | 'any';
  /** The output for an input that fits, or a sentence on why it cannot be. */
  output(layer: L & { readonly name: string }, input: Shape): Result<Shape, string>;
  /**
   * The weights for an input of `inputs` channels or values, in tfjs's order. Few depend on the
   * rest of its shape.
   */
  weights(layer: L, inputs: number, input: Shape): readonly WeightShape[];
  /** Multiplications, each with its addition, besides those by a kernel. */
  extraMultiplyAdds?(layer: L, input: Shape): number;
  /** A description for tables and drawings: `conv 7 x 7, stride 2, relu`. */
  describe(layer: L): string;
  readonly colour: NetUnit['kind'];
}

/** What layers need, in words, with the number of axes that it has. */
const needed = {
  image: { words: 'an image of height x width x channels', axes: 3 },
  tokens: { words: 'tokens', axes: 2 },
  values: { words: 'a flat input', axes: 1 },
} as const;

type FormOf<Kind> = Extract<PlainForm, { readonly kind: Kind }>;
type Image = Extract<Shape, { readonly length: 3 }>;

const weight = (name: string, ...shape: readonly number[]): WeightShape => ({ name, shape });
const biasOf = ({ bias }: { readonly bias: boolean }, outputs: number) =>
  bias ? [weight('bias', outputs)] : [];
const joined = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter(Boolean).join(', ');
const unchanged = {
  needs: 'any',
  output: (_: unknown, input: Shape) => ok(input),
  weights: () => [],
} as const;

interface Convolution {
  readonly needs: 'image';
  output(
    layer: FormOf<'conv' | 'separableConv' | 'depthwiseConv'> & { readonly name: string },
    input: Shape,
  ): Result<Shape, string>;
  describe(layer: FormOf<'conv' | 'separableConv' | 'depthwiseConv'>): string;
}

const convolution = (words: string): Convolution => ({
  needs: 'image',
  output: (layer, input) => {
    const channels = layer.kind === 'depthwiseConv' ? input.at(-1)! : layer.filters;
    return slide(layer, input as Image, layer.kernel, channels);
  },
  describe: ({ kernel, stride, padding, activation }) => {
    // A kernel of one pixel needs no padding.
    const same = padding === 'same' && Math.max(...kernel) > 1 && 'same';
    return joined(
      `${words} ${kernel.join(' x ')}`,
      stride > 1 && `stride ${stride}`,
      same,
      activation,
    );
  },
});

const pooling = (words: string): LayerKind<FormOf<'maxPool' | 'averagePool'>> => ({
  stem: () => 'pool',
  needs: 'image',
  output: (layer, input) => slide(layer, input as Image, [layer.size, layer.size], input.at(-1)!),
  weights: () => [],
  describe: ({ size, stride, padding }) =>
    joined(
      `${words} ${size} x ${size}`,
      stride !== size && `stride ${stride}`,
      padding === 'same' && 'same',
    ),
  colour: 'pool',
});

const scalingWords = {
  centre: 'minus the mean',
  unit: 'scaled to unit length',
  whiten: 'whitened',
} as const;

const kinds: { readonly [Kind in PlainForm['kind']]: LayerKind<FormOf<Kind>> } = {
  conv: {
    ...convolution('conv'),
    stem: () => 'conv',
    weights: (layer, inputs) => {
      const { kernel, filters } = layer;
      return [weight('kernel', ...kernel, inputs, filters), ...biasOf(layer, filters)];
    },
    colour: 'conv',
  },
  separableConv: {
    ...convolution('separable conv'),
    stem: () => 'sepconv',
    weights: (layer, inputs) => {
      const { kernel, filters } = layer;
      const depthwise = weight('depthwise_kernel', ...kernel, inputs, 1);
      return [
        depthwise,
        weight('pointwise_kernel', 1, 1, inputs, filters),
        ...biasOf(layer, filters),
      ];
    },
    colour: 'separableConv',
  },
  depthwiseConv: {
    ...convolution('depthwise conv'),
    stem: () => 'dwconv',
    weights: (layer, inputs) => [
      weight('depthwise_kernel', ...layer.kernel, inputs, 1),
      ...biasOf(layer, inputs),
    ],
    colour: 'separableConv',
  },
  zeroPad: {
    stem: () => 'pad',
    needs: 'image',
    output: ({ around: [top, right, bottom, left] }, input) => {
      const [height, width, channels] = input as Image;
      return ok([top + height + bottom, left + width + right, channels]);
    },
    weights: () => [],
    describe: ({ around }) =>
      `zeros around: ${[...new Set(around)].length === 1 ? around[0] : around.join(', ')}`,
    colour: 'other',
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
  layerNorm: {
    ...unchanged,
    stem: () => 'ln',
    weights: (_, inputs) => [weight('gamma', inputs), weight('beta', inputs)],
    describe: () => 'layer norm',
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
  layerScale: {
    ...unchanged,
    needs: 'image',
    stem: () => 'scale',
    weights: (_, inputs) => [weight('layer_scale', inputs, 1, 1)],
    describe: () => 'layer scale',
    colour: 'other',
  },
  scaling: {
    ...unchanged,
    needs: 'values',
    stem: ({ by }) => by,
    weights: ({ by }, inputs) => [
      ...(by === 'unit' ? [] : [weight('moving_mean', inputs)]),
      ...(by === 'whiten' ? [weight('whitening', inputs, inputs)] : []),
    ],
    describe: ({ by }) => scalingWords[by],
    colour: 'other',
  },
  flatten: {
    stem: () => 'flatten',
    needs: 'image',
    weights: () => [],
    describe: () => 'flatten',
    colour: 'other',
    output: (_, input) => ok([input.reduce((product, length) => product * length, 1)]),
  },
  globalAveragePool: {
    stem: () => 'globalAveragePool',
    needs: 'image',
    weights: () => [],
    colour: 'pool',
    output: (_, input) => ok([input.at(-1)!]),
    describe: () => 'global average pool',
  },
  pixel: {
    stem: () => 'pixel',
    needs: 'values',
    weights: () => [],
    colour: 'other',
    output: (_, input) => ok([1, 1, input[0]]),
    describe: () => 'as one pixel',
  },
  tokens: {
    stem: () => 'tokens',
    needs: 'image',
    weights: (_, inputs, input) => {
      const [height, width] = input as Image;
      return [
        weight('cls_token', 1, 1, inputs),
        weight('pos_embed', 1, height * width + 1, inputs),
      ];
    },
    colour: 'other',
    output: (_, input) => {
      const [height, width, channels] = input as Image;
      return ok([height * width + 1, channels]);
    },
    describe: () => 'tokens with positions',
  },
  attention: {
    stem: () => 'attention',
    needs: 'tokens',
    weights: (_, inputs) => [
      weight('qkv_kernel', inputs, 3 * inputs),
      weight('qkv_bias', 3 * inputs),
      weight('proj_kernel', inputs, inputs),
      weight('proj_bias', inputs),
    ],
    // Scores of every token with every other, and their weighted sums.
    extraMultiplyAdds: (_, input) => 2 * input[0] ** 2 * input.at(-1)!,
    colour: 'dense',
    output: ({ name, heads }, input) =>
      input.at(-1)! % heads === 0
        ? ok(input)
        : err(`${name} cannot share ${input.at(-1)} channels among ${heads} heads`),
    describe: ({ heads }) => `attention, ${heads} heads`,
  },
  classToken: {
    stem: () => 'classToken',
    needs: 'tokens',
    weights: () => [],
    colour: 'pool',
    output: (_, input) => ok([input.at(-1)!]),
    describe: () => 'class token',
  },
  dense: {
    stem: () => 'dense',
    needs: 'any',
    output: ({ name, units, pixelwise }, input) => {
      if (input.length === 1) return ok([units]);
      if (input.length === 2) return ok([input[0], units]);
      if (pixelwise) return ok([input[0], input[1], units]);
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

/** Whether a layer can begin a network for features, which are flat. */
export const takesValues = (layer: PlainForm): boolean =>
  ['any', 'values'].includes(layerKind(layer).needs);

/** The output of a layer for an input of this shape, or a sentence on why it cannot take it. */
export function outputShape(layer: PlainLayer, input: Shape): Result<Shape, string> {
  const { needs, output } = layerKind(layer);
  if (needs === 'any' || needed[needs].axes === input.length) return output(layer, input);
  return err(`${layer.name} needs ${needed[needs].words}, gets ${showShape(input)}`);
}

/** The weights of a layer for an input of this shape, in tfjs's order. */
export const layerWeights = (layer: PlainForm, input: Shape): readonly WeightShape[] =>
  layerKind(layer).weights(layer, input.at(-1)!, input);

/** What a layer multiplies and adds for one image, besides its kernels. */
export const extraMultiplyAdds = (layer: PlainForm, input: Shape): number =>
  layerKind(layer).extraMultiplyAdds?.(layer, input) ?? 0;

/** A description of a layer for tables and drawings: `conv 7 x 7, stride 2, relu`. */
export const describeLayer = (layer: PlainForm): string => layerKind(layer).describe(layer);

/** The size after a window has moved over the image, as TensorFlow counts it. */
function slide(
  { name, stride, padding }: Strided & { readonly name: string },
  [height, width]: Image,
  window: readonly [number, number],
  channels: number,
): Result<Shape, string> {
  if (padding === 'valid' && (height < window[0] || width < window[1])) {
    return err(`${name} needs at least ${window.join(' x ')}, gets ${height} x ${width}`);
  }
  if (Math.min(height, width) < stride) {
    return err(
      `${name} needs at least ${stride} x ${stride}, its stride, gets ${height} x ${width}`,
    );
  }
  const after = (size: number, side: number) =>
    Math.ceil((padding === 'same' ? size : size - side + 1) / stride);
  return ok([after(height, window[0]), after(width, window[1]), channels]);
}
