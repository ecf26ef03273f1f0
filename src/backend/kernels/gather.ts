import { util } from '@tensorflow/tfjs';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

type GatherAttributes = {
  readonly axis: number;
  /** Whether the indices were at hand, and are in range. */
  readonly checked: boolean;
};

/** The parts of an array at given places of an axis. */
export const gather = kernel<{ axis: number; batchDims?: number }, GatherAttributes>({
  name: 'GatherV2',
  inputs: ['x', 'indices'],
  plan([x, indices], { axis, batchDims = 0 }, known) {
    if (indices!.dtype !== 'int32' || batchDims !== 0) return undefined;
    const [own = 0] = util.parseAxisParam(axis, [...x!.shape]);
    const length = x!.shape[own] as number;
    const places = known(1);
    if (places?.some((place) => place < 0 || place >= length)) return undefined;
    const shape = [...x!.shape.slice(0, own), ...indices!.shape, ...x!.shape.slice(own + 1)];
    return { outputs: [{ shape, dtype: x!.dtype }], attributes: { axis: own, checked: places !== undefined } };
  },
  lower(lowering, { operands, attributes: { axis, checked } }) {
    const { graph } = lowering;
    const [x, indices] = operands as [Operand, Operand];
    let places = lowering.logical(indices);
    if (!checked) {
      // ONNX would count a negative index from the end; here it is out of range, like one beyond the end.
      const negative = graph.node('Less', [places, graph.scalar(0, 'int32')]);
      places = graph.node('Where', [negative, graph.scalar(x.shape[axis] as number, 'int32'), places]);
    }
    return { logical: graph.node('Gather', [lowering.logical(x), places], { attributes: { axis } }) };
  },
});
