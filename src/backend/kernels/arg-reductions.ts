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
    lower(lowering, { operands, attributes }) {
      const { graph } = lowering;
      const [x] = operands as [Operand];
      const places = graph.node(name, [lowering.logical(x)], { attributes: { axis: attributes.axis, keepdims: 0 } });
      return { logical: graph.node('Cast', [places], { attributes: { to: ONNX_TYPE.int32 } }) };
    },
  }),
);
