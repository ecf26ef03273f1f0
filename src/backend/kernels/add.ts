import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand } from '../trace/trace.ts';
import { convolve } from './convolve.ts';
import { elementwise } from './elementwise.ts';
import { type Geometry, geometryOf } from './windows.ts';

/** The sum. A bias is fused into the convolution that it is added to. */
export const add = elementwise({
  name: 'Add',
  inputs: ['a', 'b'],
  types: ['float32', 'int32'],
  channelwise: 'Add',
  emit: (graph, names) => graph.node('Add', names),
  shortcut: (lowering, [a, b]) =>
    biased(lowering, a as Operand, b as Operand) ?? biased(lowering, b as Operand, a as Operand),
});

function biased(lowering: Lowering, sum: Operand, bias: Operand): Representation | undefined {
  const node = lowering.producerOf(sum);
  if (node?.kernel !== 'Conv2D' || !lowering.isReadOnce(sum.value)) return undefined;
  if (bias.shape.length !== 1 || bias.shape[0] !== sum.shape.at(-1)) return undefined;
  const [x, filter] = node.operands as [Operand, Operand];
  const geometry = geometryOf(node.attributes as Geometry & typeof node.attributes);
  return lowering.writtenAs(node, () => convolve(lowering, { x, filter, bias, geometry }));
}

/** The sum of arrays of one shape: where gradients of several readers meet. */
export const addN = elementwise({
  name: 'AddN',
  types: ['float32', 'int32'],
  emit(graph, names, _, type) {
    if (type === 'float32' && names.length > 2) return graph.node('Sum', names);
    return names.reduce((sum, name) => graph.node('Add', [sum, name]));
  },
});
