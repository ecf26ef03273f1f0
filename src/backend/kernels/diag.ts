import { sizeOf } from '../dtype.ts';
import { kernel } from '../kernel.ts';

/** An array's elements on the diagonal of an array of twice its axes, zeros elsewhere. */
export const diag = kernel<unknown, Record<string, never>>({
  name: 'Diag',
  inputs: ['x'],
  plan: ([x]) => ({ outputs: [{ shape: [...x!.shape, ...x!.shape], dtype: x!.dtype }], attributes: {} }),
  // Each element with as many zeros behind it as there are elements: read in rows one shorter, that is the diagonal.
  lower(lowering, { operands: [x], outputs }) {
    const { graph } = lowering;
    const { value, shape } = x!;
    const size = sizeOf(shape);
    const column = lowering.logical({ value, shape: [size, 1] });
    const rows = graph.node('Pad', [column, graph.ints([0, 0, 0, size]), graph.scalar(0, value.dtype)]);
    const elements = graph.slice(graph.reshape(rows, [size * (size + 1)]), [0], [0], [size * size]);
    return { logical: graph.reshape(elements, outputs[0]!.shape) };
  },
});
