import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import type { StageName } from './pipeline.ts';

/**
 * The nodes, each after those that it leads to. `onCycle` gets the path from the start of a cycle
 * to its end.
 */
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

/** A stage needs another one, as the file says at this span. */
export interface Edge {
  readonly to: StageName;
  /** What the reader does: `reads fit.model`, `runs after fit`. */
  readonly how: string;
  readonly at: Span;
}

/** How many cycles are reported: a tangle has very many. */
const maximumCycles = 5;

/** A mistake for each cycle, with the spans of all its edges. */
export function findCycles(edges: ReadonlyMap<StageName, readonly Edge[]>): readonly Diagnostic[] {
  const cycles: (readonly StageName[])[] = [];
  const next = (stage: StageName) => (edges.get(stage) ?? []).map(({ to }) => to);
  postOrder(edges.keys(), next, (path) => {
    if (cycles.length < maximumCycles) cycles.push(path);
  });
  return cycles.map((cycle) => {
    const steps = cycle.map((from, index) => {
      const to = cycle[(index + 1) % cycle.length]!;
      const { how, at } = edges.get(from)!.find((edge) => edge.to === to)!;
      return { message: `"${from}" ${how}`, at };
    });
    const [first, ...related] = steps;
    const what =
      cycle.length === 1
        ? `The stage "${cycle[0]}" needs itself`
        : `Stages need each other in a cycle: ${[...cycle, cycle[0]].join(' → ')}`;
    return { code: 'cycle', message: `${what}; ${first!.message}`, at: first!.at, related };
  });
}
