import { type Call, type Kernel, kernel } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { type Operand, sameShape } from '../trace/trace.ts';
import { type Activation, activate, isActivation } from './activation.ts';
import { convolutionFilterGradient } from './convolution-filter-gradient.ts';
import { convolutionImageGradient } from './convolution-image-gradient.ts';
import { convolve } from './convolve.ts';
import { convolveDepthwise, depthwiseFilterGradient, depthwiseImageGradient } from './depthwise.ts';
import { convolutionShape, type Geometry, geometryOf, type TfConv2D } from './windows.ts';

/**
 * tfjs's attributes of a convolution, of one with its bias and activation, and of the gradients.
 */
type TfConvolution = TfConv2D & {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
  readonly inputShape?: readonly number[];
  readonly filterShape?: readonly number[];
};

type ConvolutionAttributes = Geometry & { readonly activation: Activation; readonly alpha: number };
type Lower = (lowering: Lowering, call: Call<ConvolutionAttributes>) => Representation;

function convolution(name: string, inputs: readonly string[], lower: Lower): Kernel {
  return kernel<TfConvolution, ConvolutionAttributes>({
    name,
    inputs,
    // The `Add` of its bias fuses it, and the `Slice` of a padded image's gradient.
    deferred: name === 'Conv2D' || name === 'DepthwiseConv2dNativeBackpropInput',
    plan(specs, attributes) {
      const {
        inputShape,
        filterShape,
        activation = 'linear',
        leakyreluAlpha: alpha = 0.2,
      } = attributes;
      const [first, second, bias] = specs;
      const image = inputShape ?? first!.shape;
      const filter = filterShape ?? second!.shape;
      const shape = convolutionShape(image, filter, attributes, name.includes('Depthwise'));
      if (shape === undefined || specs.some(({ dtype }) => dtype !== 'float32')) return undefined;
      if (!isActivation(activation) || (bias && !sameShape(bias.shape, shape.output.slice(3))))
        return undefined;
      const dy = specs[inputs.indexOf('dy')];
      // tfjs takes a gradient of another size too, and reads the part of it that it needs.
      if (dy !== undefined && !sameShape(dy.shape, shape.output)) return undefined;
      const outputs = [
        { shape: inputShape ?? filterShape ?? shape.output, dtype: 'float32' as const },
      ];
      return { outputs, attributes: { ...shape.geometry, activation, alpha } };
    },
    lower,
  });
}

/**
 * A convolution, and the one with its bias and activation, as tfjs-layers calls it outside of
 * training.
 */
const forward = (write: typeof convolve): Lower => {
  return (lowering, { operands, attributes }) => {
    const [x, filter, bias] = operands as [Operand, Operand, Operand | undefined];
    const result = write(lowering, { x, filter, bias, geometry: geometryOf(attributes) });
    return activate(lowering, result, attributes.activation, attributes.alpha);
  };
};

/** A gradient, which has the shape of the image or the filter. */
const backward = (write: typeof depthwiseImageGradient): Lower => {
  return (lowering, { operands, attributes, outputs }) =>
    write(
      lowering,
      operands as readonly [Operand, Operand],
      geometryOf(attributes),
      outputs[0]!.shape,
    );
};

const FUSED = ['x', 'filter', 'bias?', 'preluActivationWeights?'];

export const convolutionKernels: readonly Kernel[] = [
  convolution('Conv2D', ['x', 'filter'], forward(convolve)),
  convolution('FusedConv2D', FUSED, forward(convolve)),
  convolution('Conv2DBackpropInput', ['dy', 'filter'], backward(convolutionImageGradient)),
  convolution('Conv2DBackpropFilter', ['x', 'dy'], backward(convolutionFilterGradient)),
  convolution('DepthwiseConv2dNative', ['x', 'filter'], forward(convolveDepthwise)),
  convolution('FusedDepthwiseConv2D', FUSED, forward(convolveDepthwise)),
  convolution(
    'DepthwiseConv2dNativeBackpropInput',
    ['dy', 'filter'],
    backward(depthwiseImageGradient),
  ),
  convolution(
    'DepthwiseConv2dNativeBackpropFilter',
    ['x', 'dy'],
    backward(depthwiseFilterGradient),
  ),
];
