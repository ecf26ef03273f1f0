import type { StageName } from '../config/pipeline.ts';
import { parseStageReference } from '../config/stage-reference.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { err, ok, type Result } from '../result.ts';
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
    const found = findStages(graph, name);
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

/**
 * The stages that a name means: one instance (`fit[net=a,seed=2]`, axes in any order), all that agree (`fit[seed=2]`), or
 * all instances (`fit`). `fit@seed=2` is the same and needs no quotes in a shell.
 */
function findStages(graph: Graph, name: string): readonly StageName[] {
  const at = name.indexOf('@');
  const reference = parseStageReference(at < 0 ? name : `${name.slice(0, at)}[${name.slice(at + 1)}]`);
  if (!reference || reference.port !== undefined) return [];
  return [...graph.stages.values()]
    .filter(({ name, axes }) => {
      if (baseOf(name) !== reference.stage) return false;
      return Array.from(reference.selection).every(
        ([axis, label]) => Object.hasOwn(axes, axis) && axes[axis] === label,
      );
    })
    .map((stage) => stage.name);
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
  const bases = new Set([...graph.stages.keys()].map(baseOf));
  const base = name.replace(/[@[].*$/, '');
  // A known stage with a wrong selection: its instances are what could have been meant.
  const instances = [...graph.stages.keys()].filter((stage) => baseOf(stage) === base);
  const hint = suggest(name, bases.has(base) ? instances : bases);
  return { code: 'unknown-stage', message: `There is no stage "${name}"`, ...(hint ? { hint } : {}) };
}

const baseOf = (name: string) => name.replace(/\[.*$/, '');
