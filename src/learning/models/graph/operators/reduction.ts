import { logSoftmax, softmax, type Tensor } from '@tensorflow/tfjs';
import {
  axisOf,
  type NodeCall,
  type Operator,
  operator,
  type Plan,
  Unsupported,
} from './operator.ts';
import { positionOf } from './shapes.ts';

type ReductionSettings = { readonly axes: readonly number[]; readonly keep: boolean };
type Reduce = (x: Tensor, axes: number[], keep: boolean) => Tensor;

function planReduction(call: NodeCall, axes: readonly number[], keep: boolean) {
  const { shape, layout } = call.operand(0);
  const rank = shape.length;
  const kept = shape.flatMap((length, axis) => {
    if (!axes.includes(axis)) return [length];
    return keep ? [1] : [];
  });
  // Channels stay last if they are left with an axis after them in ONNX's order.
  const isLast = layout === 'channelsLast' && (keep || (!axes.includes(1) && kept.length > 2));
  return {
    shape: kept,
    layout: isLast ? ('channelsLast' as const) : ('written' as const),
    settings: { axes: axes.map((axis) => positionOf(axis, rank, layout)), keep },
    readings: [{ input: 0, layout }],
  } satisfies Plan;
}

const reduction = (compute: Reduce): Operator =>
  operator<ReductionSettings>({
    plan(call) {
      const rank = call.shape(0).length;
      const given = call.knownOr(1, 'axes') ?? [];
      const isNothing = given.length === 0 && call.int('noop_with_empty_axes', 0) === 1;
      if (isNothing) throw new Unsupported('noop_with_empty_axes');
      const axes = given.length === 0 ? call.shape(0).map((_, axis) => axis) : given;
      const keep = call.int('keepdims', 1) === 1;
      return planReduction(
        call,
        axes.map((axis) => axisOf(axis, rank)),
        keep,
      );
    },
    compute: ([x], { axes, keep }) => compute(x!, [...axes], keep),
  });

/** A pooling over the whole image, `[batch, channels, 1, 1]`. */
const globalPooling = (compute: Reduce): Operator =>
  operator<ReductionSettings>({
    plan(call) {
      const spatial = call.shape(0).map((_, axis) => axis);
      return planReduction(call, spatial.slice(2), true);
    },
    compute: ([x], { axes, keep }) => compute(x!, [...axes], keep),
  });

const alongAxis = (compute: (x: Tensor) => Tensor): Operator =>
  operator<{ readonly order: readonly number[] }>({
    plan(call) {
      const { shape, layout } = call.operand(0);
      const rank = shape.length;
      const axis = call.axis(call.opset < 13 ? 1 : -1);
      if (call.opset < 13 && axis !== rank - 1) {
        throw new Unsupported('several axes as one, as before version 13 of ONNX: export it again');
      }
      // tfjs goes along the last axis; exchanging two axes is its own inverse.
      const position = positionOf(axis, rank, layout);
      const order = shape.map((_, at) => at);
      const exchanged = order.with(position, rank - 1).with(rank - 1, position);
      const settings = { order: position === rank - 1 ? [] : exchanged };
      return { shape, layout, settings, readings: [{ input: 0, layout }] };
    },
    compute([x], { order }) {
      if (order.length === 0) return compute(x!);
      return compute(x!.transpose([...order])).transpose([...order]);
    },
  });

export const reductionOperators: Readonly<Record<string, Operator>> = {
  ReduceMean: reduction((x, axes, keep) => x.mean(axes, keep)),
  ReduceSum: reduction((x, axes, keep) => x.sum(axes, keep)),
  ReduceMax: reduction((x, axes, keep) => x.max(axes, keep)),
  ReduceMin: reduction((x, axes, keep) => x.min(axes, keep)),
  ReduceL2: reduction((x, axes, keep) => x.square().sum(axes, keep).sqrt()),
  GlobalAveragePool: globalPooling((x, axes, keep) => x.mean(axes, keep)),
  GlobalMaxPool: globalPooling((x, axes, keep) => x.max(axes, keep)),
  Softmax: alongAxis((x) => softmax(x)),
  LogSoftmax: alongAxis((x) => logSoftmax(x)),
};
