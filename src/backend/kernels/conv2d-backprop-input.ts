import { sameShape } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Lowering } from '../lower.ts';
import type { Operand } from '../trace.ts';
import {
  attributesOf,
  type ConvolutionAttributes,
  convolutionShape,
  isPointwise,
  type TfConv2D,
  unreached,
} from './convolution.ts';
import { foldedShape, foldFilter } from './folded-pool.ts';

type TfBackpropInput = TfConv2D & { readonly inputShape: readonly number[] };

/** The gradient of a convolution by its image: the transposed convolution of the output's gradient. */
export const conv2dBackpropInput = kernel<TfBackpropInput, ConvolutionAttributes>({
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  plan([dy, filter], attributes) {
    const { inputShape } = attributes;
    const shape = convolutionShape(inputShape, filter!.shape, attributes);
    if (shape === undefined || dy!.dtype !== 'float32') return undefined;
    // tfjs takes a gradient of another size too, and reads the part of it that it needs.
    if (!sameShape(dy!.shape, shape.output)) return undefined;
    return { outputs: [{ shape: inputShape, dtype: 'float32' }], attributes: attributesOf(shape) };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const { graph } = lowering;
    const [dy, filter] = operands as [Operand, Operand];
    const image = outputs[0]!.shape;
    const folded = lowering.folded(dy);
    if (folded !== undefined)
      return { channelsFirst: spreadFolded(lowering, folded, filter, { dy, image, attributes }) };
    if (isPointwise(filter.shape, attributes)) return { channelsFirst: mixChannels(lowering, dy, filter, image) };
    // As a forward convolution's filter is [out, in, …], so is a transposed one's [in, out, …] of the other direction.
    const weights = graph.transpose(lowering.logical(filter), [3, 2, 0, 1]);
    const channelsFirst = graph.node('ConvTranspose', [lowering.channelsFirst(dy), weights], {
      attributes: {
        ...attributes,
        kernel_shape: filter.shape.slice(0, 2),
        output_padding: unreached(image, dy.shape, filter.shape, attributes),
      },
    });
    return { channelsFirst };
  },
});

interface FoldedTarget {
  readonly dy: Operand;
  /** The image's shape, `[batch, height, width, channels]`. */
  readonly image: readonly number[];
  readonly attributes: ConvolutionAttributes;
}

/** Of a folded gradient it is the transposed convolution of stride 2 with the filters of all four groups. */
function spreadFolded(
  lowering: Lowering,
  folded: string,
  filter: Operand,
  { dy, image, attributes }: FoldedTarget,
): string {
  const { graph } = lowering;
  const weights = graph.transpose(foldFilter(lowering, filter), [3, 2, 0, 1]);
  const geometry = { ...attributes, strides: [2, 2] as const };
  const [batch, height, width, channels] = dy.shape as [number, number, number, number];
  const groups = [batch, Math.floor(height / 2), Math.floor(width / 2), channels];
  const shape = foldedShape(filter.shape);
  return graph.node('ConvTranspose', [folded, weights], {
    attributes: {
      ...geometry,
      kernel_shape: shape.slice(0, 2),
      output_padding: unreached(image, groups, shape, geometry),
    },
  });
}

/** Of 1 x 1 it is a product of matrices, `[in, out]` by `[out, pixels]` for each image. */
function mixChannels(lowering: Lowering, dy: Operand, filter: Operand, image: readonly number[]): string {
  const { graph } = lowering;
  const [batch, height, width, inChannels] = image as [number, number, number, number];
  const outChannels = filter.shape[3] as number;
  const weights = lowering.logical({ value: filter.value, shape: [inChannels, outChannels] });
  const pixels = graph.reshape(lowering.channelsFirst(dy), [batch, outChannels, height * width]);
  return graph.reshape(graph.node('MatMul', [weights, pixels]), [batch, inChannels, height, width]);
}
