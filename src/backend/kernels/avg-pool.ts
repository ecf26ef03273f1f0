import { sameShape, sizeOf } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';
import {
  attributesOf,
  channelsFirstShape,
  isTrivial,
  poolShape,
  standing,
  type TfPool,
  type Windows,
  withChannelsFirst,
} from './pooling.ts';

export const avgPool = pooling('AvgPool');
export const avgPool3d = pooling('AvgPool3D');
export const avgPoolGrad = gradient('AvgPoolGrad');
export const avgPool3dGrad = gradient('AvgPool3DGrad');

/** The mean of each window's elements; padding is none of them. */
function pooling(name: 'AvgPool' | 'AvgPool3D'): Kernel {
  return kernel<TfPool, Windows>({
    name,
    inputs: ['x'],
    plan([x], attributes) {
      const shape = poolShape(x!.shape, attributes);
      if (shape === undefined || x!.dtype !== 'float32') return undefined;
      if (isTrivial(shape.windows)) return { view: x!.shape };
      return { outputs: [{ shape: shape.output, dtype: 'float32' }], attributes: shape.windows };
    },
    lower(lowering, { operands: [x], attributes }) {
      const means = lowering.graph.node('AveragePool', [withChannelsFirst(lowering, x!)], {
        attributes: attributesOf(attributes),
      });
      return standing(lowering, means, x!.shape.length);
    },
  });
}

/**
 * Deals each mean's gradient out to its window in equal shares: a transposed convolution with one filter of ones per
 * channel. The shares are those of a whole window even where a part of it lies on padding, as in tfjs.
 */
function gradient(name: 'AvgPoolGrad' | 'AvgPool3DGrad'): Kernel {
  return kernel<TfPool, Windows>({
    name,
    inputs: ['dy', 'input'],
    plan([dy, input], attributes) {
      const shape = poolShape(input!.shape, attributes);
      if (shape === undefined || dy!.dtype !== 'float32' || !sameShape(dy!.shape, shape.output)) return undefined;
      return { outputs: [{ shape: input!.shape, dtype: 'float32' }], attributes: shape.windows };
    },
    lower(lowering, { operands, attributes: windows, outputs }) {
      const { graph } = lowering;
      const [dy] = operands as [Operand];
      const [, channels, ...spatial] = channelsFirstShape(outputs[0]!.shape) as [number, number, ...number[]];
      const { window, strides, pads } = windows;
      const share = graph.scalar(1 / sizeOf(window));
      const shares = graph.node('Mul', [withChannelsFirst(lowering, dy), share]);
      // Rows and columns at the end that no window reached have no gradient, but they are there.
      const unreached = spatial.map((length, i) => {
        const covered = ((dy.shape[i + 1] as number) - 1) * strides[i]! + window[i]!;
        return length + pads[i]! + pads[i + spatial.length]! - covered;
      });
      const ones = graph.node('Expand', [graph.scalar(1), graph.ints([channels, 1, ...window])]);
      const dx = graph.node('ConvTranspose', [shares, ones], {
        attributes: { ...attributesOf(windows), group: channels, output_padding: unreached },
      });
      return standing(lowering, dx, dy.shape.length);
    },
  });
}
