import { type Kernel, kernel } from '../kernel.ts';
import type { Lowering, Standing } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';
import { type Activation, activate, isActivation } from './activation.ts';
import {
  attributesOf,
  blockedDepthwise,
  type ConvolutionAttributes,
  convolutionShape,
  type DepthwiseShape,
  suitsDepthwiseBlocks,
  type TfConv2D,
} from './convolution.ts';

type TfFused = TfConv2D & { readonly activation: string; readonly leakyreluAlpha?: number };
type FusedAttributes = ConvolutionAttributes & { readonly activation: Activation; readonly alpha: number };

/** Every channel of an image convolved by filters of its own, `[height, width, channels, multiplier]`. */
export const depthwiseConv2d = kernel<TfConv2D, ConvolutionAttributes>({
  name: 'DepthwiseConv2dNative',
  inputs: ['x', 'filter'],
  plan([x, filter], attributes) {
    const shape = convolutionShape(x!.shape, filter!.shape, attributes, 'depthwise');
    if (shape === undefined || x!.dtype !== 'float32' || filter!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: shape.output, dtype: 'float32' }], attributes: attributesOf(shape) };
  },
  lower(lowering, { operands, attributes }) {
    const [x, filter] = operands as [Operand, Operand];
    return convolveDepthwise(lowering, { x, filter, geometry: attributes });
  },
});

/** The same with its bias and activation, as tfjs-layers calls it outside of training. */
export const fusedDepthwiseConv2d: Kernel = kernel<TfFused, FusedAttributes>({
  name: 'FusedDepthwiseConv2D',
  inputs: ['x', 'filter', 'bias?', 'preluActivationWeights?'],
  plan([x, filter, bias], attributes) {
    const { activation, leakyreluAlpha = 0.2 } = attributes;
    const shape = convolutionShape(x!.shape, filter!.shape, attributes, 'depthwise');
    if (shape === undefined || x!.dtype !== 'float32' || filter!.dtype !== 'float32') return undefined;
    const plain = bias === undefined || (bias.shape.length === 1 && bias.shape[0] === shape.output[3]);
    if (!plain || !isActivation(activation)) return undefined;
    return {
      outputs: [{ shape: shape.output, dtype: 'float32' }],
      attributes: { ...attributesOf(shape), activation, alpha: leakyreluAlpha },
    };
  },
  lower(lowering, { operands, attributes }) {
    const [x, filter, bias] = operands as [Operand, Operand, Operand | undefined];
    const convolved = convolveDepthwise(lowering, { x, filter, bias, geometry: attributesOf(attributes) });
    return activate(lowering, convolved, attributes.activation, attributes.alpha);
  },
});

interface DepthwiseConvolution {
  /** `[batch, height, width, channels]` */
  readonly x: Operand;
  /** `[height, width, channels, multiplier]` */
  readonly filter: Operand;
  /** `[channels * multiplier]` */
  readonly bias?: Operand | undefined;
  readonly geometry: ConvolutionAttributes;
}

/** Writes a depthwise convolution with its bias. */
function convolveDepthwise(lowering: Lowering, { x, filter, bias, geometry }: DepthwiseConvolution): Standing {
  const { graph } = lowering;
  const [height, width, channels, multiplier] = filter.shape as DepthwiseShape;
  const added = bias && lowering.logical(bias);
  const ordered = graph.transpose(lowering.logical(filter), [2, 3, 0, 1]);
  const taps = graph.reshape(ordered, [channels * multiplier, 1, height, width]);
  if (multiplier === 1 && !lowering.isConstant(filter) && suitsDepthwiseBlocks(x.shape, lowering.channelBlock)) {
    return { channelsFirst: blockedDepthwise(lowering, x, { taps, size: [height, width], bias: added }, geometry) };
  }
  const inputs = [lowering.channelsFirst(x), taps, ...(added === undefined ? [] : [added])];
  const attributes = { ...geometry, kernel_shape: [height, width], group: channels };
  return { channelsFirst: graph.node('Conv', inputs, { attributes }) };
}
