import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import type { StageName } from '../pipeline.ts';
import { postOrder } from '../post-order.ts';

/** That one stage needs another, and where the file says so. */
export interface Edge {
  readonly to: StageName;
  /** What the reader does: `reads fit.model`, `runs after fit`. */
  readonly how: string;
  readonly at: Span;
}

/** How many cycles are shown: a tangle has very many. */
const maximumCycles = 5;

/** Every edge that closes a cycle, as a mistake that shows all edges of its cycle. */
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
