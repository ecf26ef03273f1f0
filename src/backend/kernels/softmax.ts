import { util } from '@tensorflow/tfjs';
import { type Kernel, kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** Softmax and its logarithm along one axis; tfjs names the axis differently in the two. */
export const softmaxKernels: readonly Kernel[] = (['Softmax', 'LogSoftmax'] as const).map((name) =>
  kernel<{ dim?: number; axis?: number }, { axis: number }>({
    name,
    inputs: ['logits'],
    plan([logits], { dim, axis }) {
      const { shape, dtype } = logits!;
      if (dtype !== 'float32' || shape.length === 0) return undefined;
      const [own = 0] = util.parseAxisParam(dim ?? axis ?? -1, [...shape]);
      return { outputs: [{ shape, dtype }], attributes: { axis: own } };
    },
    lower(lowering, { operands, attributes }) {
      const [logits] = operands as [Operand];
      return { logical: lowering.graph.node(name, [lowering.logical(logits)], { attributes }) };
    },
  }),
);
