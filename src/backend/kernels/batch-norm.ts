import { sameShape, sizeOf } from '../dtype.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { kernel } from '../kernel.ts';
import type { Lowering } from '../lower.ts';
import type { Operand, TraceNode, TraceValue } from '../trace.ts';

interface TfBatchNorm {
  readonly varianceEpsilon?: number;
}

type BatchNormAttributes = { readonly epsilon: number; readonly offset: boolean; readonly scale: boolean };

/** (x - mean) / √(variance + epsilon) · scale + offset, all per channel. */
export const batchNorm = kernel<TfBatchNorm, BatchNormAttributes>({
  name: 'FusedBatchNorm',
  inputs: ['x', 'mean', 'variance', 'offset?', 'scale?'],
  plan([x, ...statistics], { varianceEpsilon = 0.001 }, _, named) {
    const channels = x!.shape[3] as number;
    if ([x!, ...statistics].some(({ dtype }) => dtype !== 'float32')) return undefined;
    if (!statistics.every(({ shape }) => sizeOf(shape) === channels && shape.at(-1) === channels)) return undefined;
    const attributes = { epsilon: varianceEpsilon, offset: named['offset'] != null, scale: named['scale'] != null };
    return { outputs: [{ shape: x!.shape, dtype: 'float32' }], attributes };
  },
  lower(lowering, { operands, outputs }) {
    const node = outputs[0]!.producer as TraceNode;
    const trained = lowering.notes.get(node);
    if (trained !== undefined) return { channelsFirst: trained };
    const [x, mean, variance] = operands as [Operand, Operand, Operand];
    const { epsilon, scale, offset } = parametersOf(lowering, node);
    const inputs = [
      lowering.channelsFirst(x),
      scale,
      offset,
      perChannel(lowering, mean),
      perChannel(lowering, variance),
    ];
    const attributes = { epsilon: { float: epsilon } };
    return { channelsFirst: lowering.graph.node('BatchNormalization', inputs, { attributes }) };
  },
});

/**
 * The variance of a batch, if the batch is then normalised with it: one operator computes both, and the normalised
 * batch is kept for its own node. tfjs writes the variance as the mean of (x - mean)².
 *
 * @param variance a Mean over batch, height and width
 * @returns the name of `[channels]`; undefined where the node is any other mean
 */
export function trainedVariance(lowering: Lowering, variance: TraceNode): string | undefined {
  const batch = centredBatch(lowering, variance);
  const [output] = variance.outputs as [TraceValue];
  if (batch === undefined) return undefined;
  const norm = lowering.readersOf(output).find((reader) => normalises(reader, batch, output));
  if (norm === undefined) return undefined;
  const { graph } = lowering;
  const { epsilon, scale, offset } = parametersOf(lowering, norm);
  const channels = output.shape.at(-1) as number;
  // Running statistics of momentum 0 are the batch's own. ONNX Runtime writes the new over the old, even where these are
  // constants or read by others, so each is an array of its own, 0 but where the batch's is not a number either.
  const mean = lowering.logical({ value: batch.mean, shape: [channels] });
  const [oldMean, oldVariance] = [0, -0].map((zero) => graph.node('Mul', [mean, graph.scalar(zero)])) as [string, string];
  const inputs = [lowering.channelsFirst(batch.x), scale, offset, oldMean, oldVariance];
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const [normalised, , statistic] = graph.nodes('BatchNormalization', inputs, 3, { attributes }) as [
    string,
    string,
    string,
  ];
  lowering.notes.set(norm, normalised);
  return sameShape(output.shape, [channels]) ? statistic : graph.reshape(statistic, output.shape);
}

interface CentredBatch {
  readonly x: Operand;
  readonly mean: TraceValue;
}

/** The batch whose squared distance from its own mean a node averages. */
function centredBatch(lowering: Lowering, variance: TraceNode): CentredBatch | undefined {
  const square = lowering.producerOf(variance.operands[0] as Operand);
  if (square?.kernel !== 'Square') return undefined;
  const difference = lowering.producerOf(square.operands[0] as Operand);
  if (difference?.kernel !== 'Sub') return undefined;
  const [x, mean] = difference.operands as [Operand, Operand];
  const average = mean.value.data === undefined ? mean.value.producer : undefined;
  if (average?.kernel !== 'Mean' || String(average.attributes['axes']) !== '0,1,2') return undefined;
  return average.operands[0]?.value === x.value ? { x, mean: mean.value } : undefined;
}

function normalises({ kernel: name, operands }: TraceNode, { x, mean }: CentredBatch, variance: TraceValue): boolean {
  const [image, own, spread] = operands;
  return name === 'FusedBatchNorm' && image?.value === x.value && own?.value === mean && spread?.value === variance;
}

function parametersOf(lowering: Lowering, { operands, attributes }: TraceNode) {
  const { epsilon, ...given } = attributes as BatchNormAttributes;
  const channels = operands[0]!.shape[3] as number;
  const offset = given.offset ? operands[3] : undefined;
  const scale = given.scale ? operands.at(-1) : undefined;
  return {
    epsilon,
    scale: scale === undefined ? filled(lowering.graph, channels, 1) : perChannel(lowering, scale),
    offset: offset === undefined ? filled(lowering.graph, channels, 0) : perChannel(lowering, offset),
  };
}

function perChannel(lowering: Lowering, { value, shape }: Operand): string {
  return lowering.logical({ value, shape: [sizeOf(shape)] });
}

function filled(graph: GraphBuilder, length: number, value: number): string {
  return graph.floats(Array.from({ length }, () => value));
}
