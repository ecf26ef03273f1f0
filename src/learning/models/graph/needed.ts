import type { GraphNode } from './file/onnx-graph.ts';

/**
 * The nodes that tensors follow from, in their order. Every node stands after those whose outputs
 * it takes (onnx/docs/IR.md).
 */
export function needed(
  nodes: readonly GraphNode[],
  tensors: readonly string[],
): readonly GraphNode[] {
  const used = new Set(tensors);
  const reversed = nodes.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((name) => used.has(name))) return false;
    for (const name of inputs) used.add(name);
    return true;
  });
  return reversed.toReversed();
}
