import { util } from '@tensorflow/tfjs';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** Exponentials along one axis, divided by their sum. Its logarithm is no kernel of tfjs's, which composes it. */
export const softmax = kernel<{ dim: number }, { axis: number }>({
  name: 'Softmax',
  inputs: ['logits'],
  plan([logits], { dim }) {
    const { shape, dtype } = logits!;
    if (dtype !== 'float32' || shape.length === 0) return undefined;
    const [axis = 0] = util.parseAxisParam(dim, [...shape]);
    return { outputs: [{ shape, dtype }], attributes: { axis } };
  },
  lower(lowering, { operands, attributes }) {
    const [logits] = operands as [Operand];
    return { logical: lowering.graph.node('Softmax', [lowering.logical(logits)], { attributes }) };
  },
});
