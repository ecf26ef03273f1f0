import { kernel } from '../lowering/kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import { type Operand, sizeOf, type TraceNode, type TraceValue } from '../trace/trace.ts';

interface TfBatchNorm {
  readonly varianceEpsilon?: number;
}

type BatchNormAttributes = {
  readonly epsilon: number;
  readonly offset: boolean;
  readonly scale: boolean;
  /**
   * Whether the statistics are of channels; else they broadcast, as where another axis is
   * normalized.
   */
  readonly perChannel: boolean;
};

/** (x - mean) / √(variance + epsilon) · scale + offset. */
export const batchNorm = kernel<TfBatchNorm, BatchNormAttributes>({
  name: 'FusedBatchNorm',
  inputs: ['x', 'mean', 'variance', 'offset?', 'scale?'],
  plan([x, ...statistics], { varianceEpsilon = 0.001 }, _, named) {
    const channels = x!.shape[3] as number;
    if ([x!, ...statistics].some(({ dtype }) => dtype !== 'float32')) return undefined;
    const perChannel = statistics.every(
      ({ shape }) => sizeOf(shape) === channels && shape.at(-1) === channels,
    );
    if (!perChannel && !statistics.every(({ shape }) => broadcasts(shape, x!.shape)))
      return undefined;
    const offset = named['offset'] != null;
    const scale = named['scale'] != null;
    const attributes = { epsilon: varianceEpsilon, offset, scale, perChannel };
    return { outputs: [{ shape: x!.shape, dtype: 'float32' }], attributes };
  },
  lower(lowering, call) {
    const { operands, attributes } = call;
    const trained = lowering.notes.get(call);
    if (trained !== undefined) return { channelsFirst: trained };
    if (!attributes.perChannel) return { logical: broadcastNorm(lowering, operands, attributes) };
    const [x, mean, variance] = operands as [Operand, Operand, Operand];
    const { epsilon, scale, offset } = parametersOf(lowering, call);
    const image = lowering.channelsFirst(x);
    const statistics = [mean, variance].map((operand) => perChannel(lowering, operand));
    const inputs = [image, scale, offset, ...statistics];
    const options = { attributes: { epsilon: { float: epsilon } } };
    return { channelsFirst: lowering.graph.node('BatchNormalization', inputs, options) };
  },
});

function broadcasts(shape: readonly number[], over: readonly number[]): boolean {
  const missing = over.length - shape.length;
  return shape.every((length, axis) => length === 1 || length === over[missing + axis]);
}

/**
 * In single steps; tfjs's cpu kernel takes any statistics for those of channels, and is wrong here.
 */
function broadcastNorm(
  lowering: Lowering,
  operands: readonly Operand[],
  { epsilon, offset, scale }: BatchNormAttributes,
): string {
  const { graph } = lowering;
  const names = operands.map((operand) => lowering.logical(operand));
  const [x, mean, variance] = names as [string, string, string];
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(epsilon)])]);
  let norm = graph.node('Div', [graph.node('Sub', [x, mean]), deviation]);
  if (scale) norm = graph.node('Mul', [norm, names.at(-1) as string]);
  return offset ? graph.node('Add', [norm, names[3] as string]) : norm;
}

/**
 * The mean of a batch, `[channels]`, by its Mean over batch, height and width, if the batch is then
 * normalised with it and its variance: one operator computes all three, and the other two are kept
 * for their own nodes. tfjs writes the variance as the mean of (x - mean)². Undefined where the
 * node is any other mean.
 */
export function normalisedMean(lowering: Lowering, node: TraceNode): string | undefined {
  const batch = normalisationOf(lowering, node);
  if (batch === undefined) return undefined;
  const { graph } = lowering;
  const { epsilon, scale, offset } = parametersOf(lowering, batch.norm);
  // Running statistics of momentum 0 are the batch's own. ONNX Runtime writes the new over the old,
  // even where these are constants or read by others, so each is an array of its own.
  const old = [0, -0].map((zero) => graph.node('Mul', [scale, graph.scalar(zero)]));
  const image = lowering.channelsFirst(node.operands[0] as Operand);
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const outputs = graph.nodes('BatchNormalization', [image, scale, offset, ...old], 3, {
    attributes,
  });
  const [normalised, mean, variance] = outputs as [string, string, string];
  lowering.means.set(image, mean);
  lowering.notes.set(batch.norm, normalised);
  lowering.notes.set(batch.variance, variance);
  return mean;
}

/** The nodes that follow a batch's mean in training. */
interface Normalisation {
  /** The Mean of the squares. */
  readonly variance: TraceNode;
  readonly norm: TraceNode;
}

function normalisationOf(lowering: Lowering, node: TraceNode): Normalisation | undefined {
  const [x] = node.operands as [Operand];
  const [mean] = node.outputs as [TraceValue];
  const readers = (of: TraceNode, kernelName: string) =>
    lowering
      .readersOf(of.outputs[0] as TraceValue)
      .filter((reader) => reader.kernel === kernelName);
  for (const difference of readers(node, 'Sub')) {
    if (difference.operands[0]?.value !== x.value || difference.operands[1]?.value !== mean)
      continue;
    for (const square of readers(difference, 'Square')) {
      for (const variance of readers(square, 'Mean')) {
        if (String(variance.attributes['axes']) !== '0,1,2') continue;
        const norm = readers(variance, 'FusedBatchNorm').find(
          ({ operands: [image, center, spread] }) => {
            return (
              image?.value === x.value &&
              center?.value === mean &&
              spread?.value === variance.outputs[0]
            );
          },
        );
        if (norm !== undefined) return { variance, norm };
      }
    }
  }
  return undefined;
}

function parametersOf(lowering: Lowering, { operands, attributes }: TraceNode) {
  const { epsilon, ...given } = attributes as BatchNormAttributes;
  const channels = operands[0]!.shape[3] as number;
  const offset = given.offset ? operands[3] : undefined;
  const scale = given.scale ? operands.at(-1) : undefined;
  return {
    epsilon,
    scale: scale === undefined ? lowering.graph.filled(channels, 1) : perChannel(lowering, scale),
    offset:
      offset === undefined ? lowering.graph.filled(channels, 0) : perChannel(lowering, offset),
  };
}

function perChannel(lowering: Lowering, { value, shape }: Operand): string {
  return lowering.logical({ value, shape: [sizeOf(shape)] });
}
