import { sameShape } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';
import { attributesOf, type ConvolutionAttributes, convolutionShape, type TfConv2D } from './convolution.ts';

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
    const { strides, dilations, pads } = attributes;
    const [, height = 0, width = 0] = outputs[0]!.shape;
    const kernelShape = filter.shape.slice(0, 2);
    // Rows and columns at the end that no window reached have no gradient, but they are there.
    const unreached = [height, width].map((length, axis) => {
      const covered =
        ((dy.shape[1 + axis] as number) - 1) * strides[axis]! +
        ((kernelShape[axis] as number) - 1) * dilations[axis]! +
        1;
      return length + pads[axis]! + pads[axis + 2]! - covered;
    });
    // As a forward convolution's filter is [out, in, …], so is a transposed one's [in, out, …] of the other direction.
    const weights = graph.transpose(lowering.logical(filter), [3, 2, 0, 1]);
    const channelsFirst = graph.node('ConvTranspose', [lowering.channelsFirst(dy), weights], {
      attributes: { strides, dilations, pads, kernel_shape: kernelShape, output_padding: unreached },
    });
    return { channelsFirst };
  },
});
