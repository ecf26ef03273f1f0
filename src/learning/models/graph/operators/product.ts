import { matMul, scalar, type Tensor } from '@tensorflow/tfjs';
import { type NodeCall, type Operator, operator, type Reading, Unsupported } from './operator.ts';
import { broadcast, showLengths } from './shapes.ts';
import { spreadTo } from './spread.ts';

const differ = (call: NodeCall): never => {
  throw new Unsupported(
    `matrices of ${showLengths(call.shape(0))} and ${showLengths(call.shape(1))}`,
  );
};

export const gemm: Operator = operator<{
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
}>({
  plan(call) {
    if (call.shape(0).length !== 2 || call.shape(1).length !== 2) differ(call);
    const transA = call.int('transA', 0) === 1;
    const transB = call.int('transB', 0) === 1;
    const [rows, inner] = transA ? call.shape(0).toReversed() : call.shape(0);
    const order = transB ? [1, 0] : [0, 1];
    const [innerOfB, columns] = order.map((axis) => call.shape(1)[axis]!);
    if (inner !== innerOfB) differ(call);
    if (call.operand(1).kind === 'value') throw new Unsupported('two matrices of the image');
    const kernel: Reading = {
      input: 1,
      layout: 'written',
      role: 'kernel',
      arranged: { order, shape: [inner!, columns!] },
    };
    const bias: Reading = { input: 2, layout: 'written', role: 'bias' };
    return {
      shape: [rows!, columns!],
      layout: 'written',
      settings: { alpha: call.float('alpha', 1), beta: call.float('beta', 1), transA },
      readings: [{ input: 0, layout: 'written' }, kernel, ...(call.has(2) ? [bias] : [])],
    };
  },
  compute([x, kernel, bias], { alpha, beta, transA }) {
    const scaled = (value: Tensor, factor: number) =>
      factor === 1 ? value : value.mul(scalar(factor));
    const product = scaled(matMul(x!, kernel!, transA), alpha);
    return bias === undefined ? product : product.add(scaled(bias, beta));
  },
});

/** Products of matrices, `[…, m, k]` and `[…, k, n]`, whose axes before these broadcast. */
export const matrixProduct: Operator = operator({
  plan(call) {
    const a = call.shape(0);
    const b = call.shape(1);
    if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) differ(call);
    const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
    if (batch === undefined) return differ(call);
    const readings: Reading[] = [0, 1].map((input) => ({
      input,
      layout: 'written',
      role: 'kernel',
    }));
    return { shape: [...batch, a.at(-2)!, b.at(-1)!], layout: 'written', settings: {}, readings };
  },
  compute([a, b]) {
    // One product of all rows, whose gradient by the matrix is one product, too.
    if (b!.rank === 2) {
      const rows = a!.reshape([-1, a!.shape.at(-1)!]);
      return matMul(rows, b!).reshape([...a!.shape.slice(0, -1), b!.shape[1]!]);
    }
    // tfjs's gradient of a product does not sum over axes that were broadcast.
    const batch = broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2))!;
    return matMul(spread(a!, batch), spread(b!, batch));
  },
});

const spread = (matrices: Tensor, batch: readonly number[]): Tensor =>
  spreadTo(matrices, [...batch, ...matrices.shape.slice(-2)]);
