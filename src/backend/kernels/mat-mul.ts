import { backend_util } from '@tensorflow/tfjs';
import { type Kernel, kernel, type TensorSpec } from '../lowering/kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import { type Operand, sizeOf } from '../trace/trace.ts';
import { type Activation, activate, isActivation } from './activation.ts';

interface TfMatMul {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly activation?: string | null;
  readonly leakyreluAlpha?: number;
}

type Transposes = { readonly transposeA: boolean; readonly transposeB: boolean };
type MatMulAttributes = Transposes & { readonly activation: Activation; readonly alpha: number };

/** Products of matrices `[…, m, k]` and `[…, k, n]`, the axes before the last two broadcast. */
function matMul(name: string, inputs: readonly string[]): Kernel {
  return kernel<TfMatMul, MatMulAttributes>({
    name,
    inputs,
    plan(
      [a, b, bias],
      { transposeA = false, transposeB = false, activation, leakyreluAlpha: alpha = 0.2 },
    ) {
      const activationName = activation ?? 'linear';
      const shape = productShape(a!, b!, { transposeA, transposeB });
      const broadcast = bias === undefined || (bias.dtype === 'float32' && bias.shape.length <= 1);
      if (shape === undefined || !broadcast || !isActivation(activationName)) return undefined;
      return {
        outputs: [{ shape, dtype: 'float32' }],
        attributes: { transposeA, transposeB, activation: activationName, alpha },
      };
    },
    lower(lowering, { operands, attributes, outputs }) {
      const [a, b, bias] = operands as [Operand, Operand, Operand | undefined];
      const logical = product(lowering, [a, b], attributes, outputs[0]!.shape, bias);
      return activate(lowering, { logical }, attributes.activation, attributes.alpha);
    },
  });
}

/** The second has a bias `[n]` and an activation, as tfjs-layers calls its dense layers. */
export const matMulKernels: readonly Kernel[] = [
  matMul('BatchMatMul', ['a', 'b']),
  matMul('_FusedMatMul', ['a', 'b', 'bias?', 'preluActivationWeights?']),
];

/** Undefined where the operands are not float matrices, or do not fit. */
function productShape(a: TensorSpec, b: TensorSpec, transposes: Transposes): number[] | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.shape.length < 2 || b.shape.length < 2)
    return undefined;
  const rows = a.shape.at(transposes.transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposes.transposeB ? -2 : -1) as number;
  const inner = a.shape.at(transposes.transposeA ? -2 : -1);
  const innerOfB = b.shape.at(transposes.transposeB ? -1 : -2);
  if (inner !== innerOfB) return undefined;
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...batch, rows, columns];
}

function product(
  lowering: Lowering,
  [a, b]: readonly [Operand, Operand],
  { transposeA, transposeB }: Transposes,
  shape: readonly number[],
  bias?: Operand,
): string {
  const { graph } = lowering;
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  if (sizeOf(shape.slice(0, -2)) === 1) {
    // Gemm transposes as it reads.
    const inputs = [a, b].map((operand) =>
      lowering.logical({ ...operand, shape: operand.shape.slice(-2) }),
    );
    if (bias !== undefined) inputs.push(lowering.logical(bias));
    const matrix = graph.node('Gemm', inputs, { attributes });
    return shape.length === 2 ? matrix : graph.reshape(matrix, shape);
  }
  const names = [a, b].map((operand) => lowering.logical(operand)) as [string, string];
  const matrices =
    transposeA || transposeB
      ? graph.node('FusedMatMul', names, { attributes, domain: 'com.microsoft' })
      : graph.node('MatMul', names);
  return bias === undefined ? matrices : graph.node('Add', [matrices, lowering.logical(bias)]);
}
