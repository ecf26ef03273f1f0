import type { Call, Kernel } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { type Operand, sizeOf } from '../trace/trace.ts';
import { attributesOf, poolingKernel, type Windows } from './pooling.ts';
import { unreached } from './windows.ts';

export const avgPoolKernels: readonly Kernel[] = [
  poolingKernel('AvgPool', ['x'], means),
  poolingKernel('AvgPoolGrad', ['dy', 'input'], shares),
];

/** The mean of each window's elements; padding is none of them. */
function means(lowering: Lowering, { operands, attributes }: Call<Windows>): Representation {
  const [x] = operands as [Operand];
  const options = { attributes: attributesOf(attributes) };
  return {
    channelsFirst: lowering.graph.node('AveragePool', [lowering.channelsFirst(x)], options),
  };
}

/**
 * Deals each mean's gradient out to its window in equal shares: a transposed convolution with one
 * filter of ones per channel. The shares are those of a whole window even where a part of it lies
 * on padding, as in tfjs.
 */
function shares(
  lowering: Lowering,
  { operands, attributes, outputs }: Call<Windows>,
): Representation {
  const { graph } = lowering;
  const [dy] = operands as [Operand];
  const image = outputs[0]!.shape;
  const channels = image.at(-1) as number;
  const { window } = attributes;
  const share = graph.scalar(1 / sizeOf(window));
  const dealt = graph.node('Mul', [lowering.channelsFirst(dy), share]);
  const ones = graph.node('Expand', [graph.scalar(1), graph.ints([channels, 1, ...window])]);
  const rest = unreached(image, dy.shape, window, attributes);
  const dx = graph.node('ConvTranspose', [dealt, ones], {
    attributes: { ...attributesOf(attributes), group: channels, output_padding: rest },
  });
  return { channelsFirst: dx };
}
