import { StageError } from '../../../../stage.ts';

/** A network with more is not one that people use. */
export const mostNodes = 20_000;

/**
 * Nodes so that each comes after those that it takes, otherwise in the order of the file. Throws a
 * {@link StageError} for too many, and for nodes that take each other.
 */
export function inOrder<Node extends { readonly name: string }>(
  nodes: readonly Node[],
  file: string,
  taken: (node: Node) => readonly Node[],
): readonly Node[] {
  if (nodes.length > mostNodes) {
    throw new StageError(`Expected at most ${mostNodes} nodes of ${file}, got ${nodes.length}.`);
  }
  const state = new Map<Node, 'begun' | 'done'>();
  const sorted: Node[] = [];
  // A stack of its own, since networks are deeper than the stack of functions.
  const stack: { readonly node: Node; readonly rest: Node[] }[] = [];
  const enter = (node: Node) => {
    if (state.get(node) === 'begun') {
      throw new StageError(
        `Expected a network without cycles in ${file}, but "${node.name}" takes its own output.`,
      );
    }
    if (state.has(node)) return;
    state.set(node, 'begun');
    stack.push({ node, rest: [...taken(node)] });
  };
  for (const node of nodes) {
    enter(node);
    while (stack.length > 0) {
      const { node: top, rest } = stack.at(-1)!;
      const next = rest.shift();
      if (next !== undefined) enter(next);
      else {
        state.set(top, 'done');
        sorted.push(top);
        stack.pop();
      }
    }
  }
  return sorted;
}
