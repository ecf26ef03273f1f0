import { backend_util } from '@tensorflow/tfjs';
import { kernel } from '../kernel.ts';

/** Products summed over the axes that an equation such as `ij,jk->ik` does not keep. */
export const einsum = kernel<{ equation: string }, { equation: string }>({
  name: 'Einsum',
  plan(inputs, { equation }) {
    const dtype = inputs[0]!.dtype;
    if (dtype === 'bool' || inputs.some((input) => input.dtype !== dtype)) return undefined;
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, inputs.length);
    // tfjs only looks at the tensors' shapes.
    backend_util.checkEinsumDimSizes(allDims.length, idDims, inputs as never);
    const lengths = new Map(
      idDims.flatMap((dims, i) => dims.map((dim, axis) => [dim, inputs[i]!.shape[axis]!] as const)),
    );
    const kept = allDims.map((_, dim) => dim).filter((dim) => !summedDims.includes(dim));
    const shape = kept.map((dim) => lengths.get(dim) as number);
    return { outputs: [{ shape, dtype }], attributes: { equation: equation.replace(/\s/g, '') } };
  },
  lower(lowering, { operands, attributes }) {
    const names = operands.map((operand) => lowering.logical(operand));
    return { logical: lowering.graph.node('Einsum', names, { attributes }) };
  },
});
