import { err, ok, type Result } from '../../result.ts';
import type { StageName } from '../config/pipeline.ts';
import { findIncludedStages, findStageNames, suggestStage } from '../config/resolve/find-stage-names.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Graph, readBy } from './graph.ts';

export interface SelectOptions {
  /** Also everything that reads the named stages, and what those need. */
  readonly downstream?: boolean;
}

/** What a run is about. */
interface Selection {
  /** The stages that were named, or all that are not `onDemand` where none was; in the graph's order. */
  readonly named: readonly StageName[];
  /** Those and what they need, in the graph's order. */
  readonly stages: readonly StageName[];
}

/** The stages that a run of these names is about; an unknown name is an error. No name means the whole pipeline. */
export function selectStages(
  graph: Graph,
  names: readonly string[],
  { downstream = false }: SelectOptions = {},
): Result<Selection, readonly Diagnostic[]> {
  const mistakes: Diagnostic[] = [];
  const named = new Set<StageName>();
  for (const name of names) {
    const found = meantBy(name, graph);
    if (found.length === 0) mistakes.push(unknownStage(graph, name));
    for (const stage of found) named.add(stage);
  }
  if (mistakes.length > 0) return err(mistakes);
  if (names.length === 0) {
    for (const [name, { onDemand }] of graph.stages) if (!onDemand) named.add(name);
  }
  const wanted = downstream ? reach(named, (name) => graph.dependents(name)) : named;
  const stages = reach(wanted, (name) => needs(graph, name));
  const inOrder = (set: ReadonlySet<StageName>) => graph.order.filter((name) => set.has(name));
  return ok({ named: inOrder(named), stages: inOrder(stages) });
}

/** The stages that a word means, or all of an included pipeline, but those that only run when something reads them. */
function meantBy(word: string, graph: Graph): readonly StageName[] {
  const found = findStageNames(word, graph.stages.keys());
  if (found.length > 0) return found;
  const included = findIncludedStages(word, graph.stages.keys());
  const wanted = included.filter((name) => !graph.stage(name).onDemand);
  return wanted.length > 0 ? wanted : included;
}

/** What must run for a stage: what it reads, and what it runs after unless that is only there on demand. */
function needs(graph: Graph, name: StageName): readonly StageName[] {
  const stage = graph.stage(name);
  return [...readBy(stage), ...stage.after.filter((other) => !graph.stage(other).onDemand)];
}

function reach(from: ReadonlySet<StageName>, next: (name: StageName) => readonly StageName[]): ReadonlySet<StageName> {
  const reached = new Set(from);
  // A set grows while it is walked: every stage that is added gets its turn.
  for (const name of reached) for (const other of next(name)) reached.add(other);
  return reached;
}

function unknownStage(graph: Graph, name: string): Diagnostic {
  const hint = suggestStage(name, graph.stages.keys());
  return { code: 'unknown-stage', message: `There is no stage "${name}"`, ...(hint ? { hint } : {}) };
}
