import { ONNX_TYPE } from '../dtype.ts';
import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { elementwise } from './elementwise.ts';

/** 1 above 0, alpha elsewhere, NaN for NaN. Deferred, since it is nearly always the mask of a ReLU's gradient. */
export const step = elementwise<{ alpha?: number }, { alpha: number }>({
  name: 'Step',
  inputs: ['x'],
  types: ['float32'],
  deferred: true,
  attributes: ({ alpha = 0 }) => ({ alpha }),
  emit(graph, [x], { alpha }) {
    const above = graph.node('Greater', [x as string, graph.scalar(0)]);
    const steps = graph.node('Where', [above, graph.scalar(1), graph.scalar(alpha)]);
    return graph.node('Where', [graph.node('IsNaN', [x as string]), x as string, steps]);
  },
});

/** 1 above 0, 0 elsewhere, and for NaN. A product with it is several times faster than ONNX Runtime's Where. */
export function stepOf(graph: GraphBuilder, x: string): string {
  return graph.node('Cast', [graph.node('Greater', [x, graph.scalar(0)])], { attributes: { to: ONNX_TYPE.float32 } });
}
