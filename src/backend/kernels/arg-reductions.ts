import { util } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** The place of the largest or smallest element along an axis; of equals, the first. */
export const argReductionKernels: readonly Kernel[] = ['ArgMax', 'ArgMin'].map((name) =>
  kernel<{ axis: number }, { axis: number }>({
    name,
    inputs: ['x'],
    plan([x], { axis }) {
      if (x!.dtype === 'bool' || x!.shape.length === 0) return undefined;
      const [own = 0] = util.parseAxisParam(axis, [...x!.shape]);
      const shape = x!.shape.filter((_, i) => i !== own);
      return { outputs: [{ shape, dtype: 'int32' }], attributes: { axis: own } };
    },
    lower(lowering, { operands, attributes: { axis }, outputs }) {
      const { graph } = lowering;
      const [x] = operands as [Operand];
      const own = lowering.logical(x);
      const place = (elements: string): string => {
        const places = graph.node(name, [elements], { attributes: { axis, keepdims: 0 } });
        return graph.node('Cast', [places], { attributes: { to: ONNX_TYPE.int32 } });
      };
      if (x.value.dtype !== 'float32') return { logical: place(own) };
      // tfjs passes over NaN, except that it never leaves one that comes first.
      const nan = graph.node('IsNaN', [own]);
      const worst = graph.scalar(name === 'ArgMax' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
      const numbers = graph.node('Where', [nan, worst, own]);
      const first = graph.reshape(graph.slice(nan, [axis], [0], [1]), outputs[0]!.shape);
      return { logical: graph.node('Where', [first, graph.scalar(0, 'int32'), place(numbers)]) };
    },
  }),
);
