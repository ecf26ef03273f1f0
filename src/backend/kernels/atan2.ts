import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { elementwise } from './elementwise.ts';

/** The angle of the point (b, a), from -π to π; ONNX has the arc tangent of a quotient only. */
export const atan2 = elementwise({
  name: 'Atan2',
  inputs: ['a', 'b'],
  types: ['float32'],
  emit(graph, [y, x]) {
    const [height, width] = [graph.node('Abs', [y as string]), graph.node('Abs', [x as string])];
    // Equal sides are half a right angle, infinite ones too; of the point 0 only the signs count.
    const diagonal = graph.node('Where', [
      graph.node('Equal', [height, graph.scalar(0)]),
      graph.scalar(0),
      graph.scalar(Math.PI / 4),
    ]);
    const acute = graph.node('Where', [
      graph.node('Equal', [height, width]),
      diagonal,
      graph.node('Atan', [graph.node('Div', [height, width])]),
    ]);
    const obtuse = graph.node('Sub', [graph.scalar(Math.PI), acute]);
    const angle = graph.node('Where', [isNegative(graph, x as string), obtuse, acute]);
    return graph.node('Where', [isNegative(graph, y as string), graph.node('Neg', [angle]), angle]);
  },
});

/** Whether a number has a minus, which -0 has too: its reciprocal is -∞. */
function isNegative(graph: GraphBuilder, x: string): string {
  const zero = graph.scalar(0);
  return graph.node('Or', [graph.node('Less', [x, zero]), graph.node('Less', [graph.node('Reciprocal', [x]), zero])]);
}
