import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../dtype.ts';
import { kernel, type TensorSpec } from '../kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';
import { type Activation, activate, isActivation } from './activation.ts';

interface TfMatMul {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

type MatMulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** Products of matrices `[…, m, k]` and `[…, k, n]`, the axes before the last two broadcast. */
export const batchMatMul = kernel<TfMatMul, MatMulAttributes>({
  name: 'BatchMatMul',
  inputs: ['a', 'b'],
  plan([a, b], { transposeA = false, transposeB = false }) {
    const attributes = { transposeA, transposeB };
    const shape = productShape(a as TensorSpec, b as TensorSpec, attributes);
    return shape && { outputs: [{ shape, dtype: 'float32' }], attributes };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const [a, b] = operands as [Operand, Operand];
    return { logical: product(lowering, [a, b], attributes, outputs[0]!.shape) };
  },
});

interface TfFusedMatMul extends TfMatMul {
  readonly activation?: string | null;
  readonly leakyreluAlpha?: number;
}

type FusedAttributes = MatMulAttributes & { readonly activation: Activation; readonly alpha: number };

/** A product with its bias `[n]` and activation, as tfjs-layers calls its dense layers. */
export const fusedMatMul = kernel<TfFusedMatMul, FusedAttributes>({
  name: '_FusedMatMul',
  inputs: ['a', 'b', 'bias?', 'preluActivationWeights?'],
  plan([a, b, bias], { transposeA = false, transposeB = false, activation, leakyreluAlpha = 0.2 }) {
    const own = activation ?? 'linear';
    const transposes = { transposeA, transposeB };
    const shape = productShape(a as TensorSpec, b as TensorSpec, transposes);
    const broadcast = bias === undefined || (bias.dtype === 'float32' && bias.shape.length <= 1);
    if (shape === undefined || !broadcast || !isActivation(own)) return undefined;
    return {
      outputs: [{ shape, dtype: 'float32' }],
      attributes: { ...transposes, activation: own, alpha: leakyreluAlpha },
    };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const [a, b, bias] = operands as [Operand, Operand, Operand | undefined];
    const logical = product(lowering, [a, b], attributes, outputs[0]!.shape, bias);
    return activate(lowering, { logical }, attributes.activation, attributes.alpha);
  },
});

/** Undefined where the operands are not float matrices, or do not fit. */
function productShape(a: TensorSpec, b: TensorSpec, transposes: MatMulAttributes): number[] | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const rows = a.shape.at(transposes.transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposes.transposeB ? -2 : -1) as number;
  const [inner, other] = [a.shape.at(transposes.transposeA ? -2 : -1), b.shape.at(transposes.transposeB ? -1 : -2)];
  if (inner !== other) return undefined;
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...batch, rows, columns];
}

function product(
  lowering: Lowering,
  [a, b]: readonly [Operand, Operand],
  { transposeA, transposeB }: MatMulAttributes,
  shape: readonly number[],
  bias?: Operand,
): string {
  const { graph } = lowering;
  if (sizeOf(shape.slice(0, -2)) === 1) {
    // Gemm transposes as it reads.
    const inputs = [a, b].map((operand) => lowering.logical({ ...operand, shape: operand.shape.slice(-2) }));
    if (bias !== undefined) inputs.push(lowering.logical(bias));
    const matrix = graph.node('Gemm', inputs, {
      attributes: { transA: Number(transposeA), transB: Number(transposeB) },
    });
    return shape.length === 2 ? matrix : graph.reshape(matrix, shape);
  }
  const names = [a, b].map((operand) => lowering.logical(operand)) as [string, string];
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  const matrices =
    transposeA || transposeB
      ? graph.node('FusedMatMul', names, { attributes, domain: 'com.microsoft' })
      : graph.node('MatMul', names);
  return bias === undefined ? matrices : graph.node('Add', [matrices, lowering.logical(bias)]);
}
