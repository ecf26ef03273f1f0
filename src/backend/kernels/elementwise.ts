import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { type Kernel, type KernelHead, kernel } from '../lowering/kernel.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import {
  type Attributes,
  type Operand,
  sameShape,
  sizeOf,
  type TraceValue,
  type ValueType,
} from '../trace/trace.ts';
import { byChannels, type ChannelwiseOperation } from './channelwise.ts';

interface Elementwise<T, A extends Attributes> extends KernelHead {
  /**
   * The types of the (first) input that ONNX Runtime computes this with; the rest is left to the
   * cpu kernel.
   */
  readonly types: readonly ValueType[];
  /** The output's type, where it is not the input's. */
  readonly result?: ValueType;
  readonly attributes?: (attributes: T) => A;
  readonly emit: (
    graph: GraphBuilder,
    names: readonly string[],
    attributes: A,
    type: ValueType,
  ) => string;
  /**
   * The operation on images and numbers per channel, by which BatchNorm and its gradient are sums
   * (channel-affine.ts).
   */
  readonly channelwise?: ChannelwiseOperation;
  /** A shorter way for some calls; undefined to go the usual one. */
  readonly shortcut?: (
    lowering: Lowering,
    operands: readonly Operand[],
    output: TraceValue,
  ) => Representation | undefined;
}

/**
 * A kernel that works element by element, its inputs broadcast against each other as tfjs and ONNX
 * both do it.
 */
export function elementwise<T, A extends Attributes = Attributes>(
  definition: Elementwise<T, A>,
): Kernel {
  const {
    types,
    result,
    emit,
    shortcut,
    channelwise,
    attributes: attributesOf,
    ...named
  } = definition;
  return kernel<T, A & { type: ValueType }>({
    ...named,
    plan(specs, attributes) {
      const dtype = specs[0]?.dtype as ValueType;
      if (!specs.every((spec) => types.includes(spec.dtype) && spec.dtype === dtype))
        return undefined;
      const typedAttributes = { ...(attributesOf?.(attributes) ?? ({} as A)), type: dtype };
      const { assertAndGetBroadcastShape: broadcast } = backend_util;
      const shape = specs.reduce<number[]>(
        (before, spec) => broadcast(before, [...spec.shape]),
        [],
      );
      return { outputs: [{ shape, dtype: result ?? dtype }], attributes: typedAttributes };
    },
    elementwise: (graph, names, attributes) => emit(graph, names, attributes, attributes.type),
    lower(lowering, { operands, attributes, outputs }) {
      const output = outputs[0] as TraceValue;
      const short =
        shortcut?.(lowering, operands, output) ??
        (channelwise && byChannels(lowering, channelwise, operands, output));
      if (short !== undefined) return short;
      const write = (names: readonly string[]) =>
        emit(lowering.graph, names, attributes, attributes.type);
      return inCommonOrder(lowering, operands, output.shape, write);
    },
  });
}

/**
 * Writes an elementwise operation in the order of axes that its operands stand in: if one has its
 * channels first, all are read so, which costs less than turning the big one around.
 */
export function inCommonOrder(
  lowering: Lowering,
  operands: readonly Operand[],
  shape: readonly number[],
  write: (names: readonly string[]) => string,
): Representation {
  const channelsFirst =
    shape.length === 4 && operands.some((operand) => lowering.standsChannelsFirst(operand));
  // A filled operand is written as a number when another operand already has the result's shape.
  const filled = operands.map((operand) => lowering.filledWith(operand));
  const shaped = operands.some(
    (operand, i) => filled[i] === undefined && sameShape(operand.shape, shape),
  );
  const names = operands.map((operand, i) => {
    const number = filled[i];
    if (shaped && number !== undefined) return lowering.graph.scalar(number, operand.value.dtype);
    if (!channelsFirst) return lowering.logical(operand);
    return broadcastChannelsFirst(lowering, operand);
  });
  const name = write(names);
  return channelsFirst ? { channelsFirst: name } : { logical: name };
}

/**
 * An operand that broadcasts against `[batch, height, width, channels]`, to broadcast against
 * channels first.
 */
function broadcastChannelsFirst(lowering: Lowering, operand: Operand): string {
  const { value, shape } = operand;
  if (shape.length < 4 && sizeOf(shape) === 1) return lowering.logical({ value, shape: [] });
  if (shape.length === 1) return lowering.logical({ value, shape: [shape[0] as number, 1, 1] });
  const padded = [...Array.from({ length: 4 - shape.length }, () => 1), ...shape];
  return lowering.channelsFirst({ value, shape: padded });
}
