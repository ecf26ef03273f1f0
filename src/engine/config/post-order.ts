/** Every node after those that it leads to. `onCycle` gets the path of each edge that closes a cycle. */
export function postOrder<T>(
  nodes: Iterable<T>,
  next: (node: T) => Iterable<T>,
  onCycle: (path: readonly T[]) => void = () => {},
): readonly T[] {
  const done = new Set<T>();
  const active = new Set<T>();
  const order: T[] = [];
  for (const start of nodes) {
    if (done.has(start)) continue;
    active.add(start);
    const stack = [{ node: start, rest: next(start)[Symbol.iterator]() }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const step = top.rest.next();
      if (step.done) {
        stack.pop();
        active.delete(top.node);
        done.add(top.node);
        order.push(top.node);
      } else if (active.has(step.value)) {
        const path = stack.map(({ node }) => node);
        onCycle(path.slice(path.indexOf(step.value)));
      } else if (!done.has(step.value)) {
        active.add(step.value);
        stack.push({ node: step.value, rest: next(step.value)[Symbol.iterator]() });
      }
    }
  }
  return order;
}
