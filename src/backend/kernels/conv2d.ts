import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';
import { type Activation, activate, isActivation } from './activation.ts';
import { attributesOf, type ConvolutionAttributes, convolutionShape, convolve, type TfConv2D } from './convolution.ts';

/** Deferred, since an `Add` of a bias takes it in. */
export const conv2d = kernel<TfConv2D, ConvolutionAttributes>({
  name: 'Conv2D',
  inputs: ['x', 'filter'],
  deferred: true,
  plan([x, filter], attributes) {
    const shape = convolutionShape(x!.shape, filter!.shape, attributes);
    if (shape === undefined || x!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: shape.output, dtype: 'float32' }], attributes: attributesOf(shape) };
  },
  lower(lowering, { operands, attributes }) {
    const [x, filter] = operands as [Operand, Operand];
    return convolve(lowering, { x, filter, geometry: attributes });
  },
});

type TfFusedConv2D = TfConv2D & { readonly activation: string; readonly leakyreluAlpha?: number };
type FusedAttributes = ConvolutionAttributes & { readonly activation: Activation; readonly alpha: number };

/** A convolution with its bias and activation, as tfjs-layers calls it outside of training. */
export const fusedConv2d = kernel<TfFusedConv2D, FusedAttributes>({
  name: 'FusedConv2D',
  inputs: ['x', 'filter', 'bias?', 'preluActivationWeights?'],
  plan([x, filter, bias], attributes) {
    const { activation, leakyreluAlpha = 0.2 } = attributes;
    const shape = convolutionShape(x!.shape, filter!.shape, attributes);
    const plain = bias === undefined || (bias.shape.length === 1 && bias.shape[0] === filter!.shape[3]);
    if (shape === undefined || !plain || !isActivation(activation) || x!.dtype !== 'float32') return undefined;
    return {
      outputs: [{ shape: shape.output, dtype: 'float32' }],
      attributes: { ...attributesOf(shape), activation, alpha: leakyreluAlpha },
    };
  },
  lower(lowering, { operands, attributes }) {
    const [x, filter, bias] = operands as [Operand, Operand, Operand | undefined];
    const { activation, alpha } = attributes;
    return activate(
      lowering,
      convolve(lowering, { x, filter, bias, geometry: attributesOf(attributes) }),
      activation,
      alpha,
    );
  },
});
