import { elementwise } from './elementwise.ts';

/** The sum of arrays of one shape: where gradients of several readers meet. */
export const addN = elementwise({
  name: 'AddN',
  types: ['float32', 'int32'],
  emit(graph, names, _, type) {
    if (type === 'float32' && names.length > 2) return graph.node('Sum', names);
    return names.reduce((sum, name) => graph.node('Add', [sum, name]));
  },
});
