import { err, ok, type Result } from '../../result.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import { postOrder } from '../config/post-order.ts';
import { findIncludedStages, findStageNames, suggestStage } from '../config/stage-reference.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/**
 * The dependencies in a pipeline, without cycles: a stage needs those that it reads and those that
 * it runs after.
 */
export class Graph<S extends Stage = Stage> {
  readonly stages: ReadonlyMap<StageName, S>;
  /** Every stage comes after those that it needs, otherwise in the order of the file. */
  readonly order: readonly StageName[];
  readonly #dependencies: ReadonlyMap<StageName, readonly StageName[]>;
  readonly #dependents: ReadonlyMap<StageName, readonly StageName[]>;

  constructor({ stages }: { readonly stages: readonly S[] }) {
    this.stages = new Map(stages.map((stage) => [stage.name, stage]));
    this.#dependencies = new Map(
      stages.map((stage) => [stage.name, [...new Set([...readBy(stage), ...stage.after])]]),
    );
    this.#dependents = reversed(this.#dependencies);
    this.order = postOrder(
      this.#dependencies.keys(),
      (name) => this.#dependencies.get(name)!,
      ([first]) => {
        throw new Error(`Internal error: a loaded pipeline has a cycle through "${first}"`);
      },
    );
  }

  stage(name: StageName): S {
    const stage = this.stages.get(name);
    if (!stage) throw new Error(`Internal error: no stage "${name}" in the graph`);
    return stage;
  }

  dependencies(name: StageName): readonly StageName[] {
    return this.#dependencies.get(name) ?? [];
  }

  dependents(name: StageName): readonly StageName[] {
    return this.#dependents.get(name) ?? [];
  }
}

/** The stages that a stage reads, with repetitions. */
export function readBy({ inputs }: Stage): readonly StageName[] {
  return inputs.flatMap(({ items }) =>
    items.flatMap((item) => (item.from === 'stage' ? [item.stage] : [])),
  );
}

type Edges = ReadonlyMap<StageName, readonly StageName[]>;

function reversed(edges: Edges): Edges {
  const result = new Map<StageName, StageName[]>(Array.from(edges.keys(), (name) => [name, []]));
  for (const [from, targets] of edges) {
    for (const to of targets) {
      const list = result.get(to);
      if (!list) throw new Error(`Internal error: "${from}" needs "${to}", which is no stage`);
      list.push(from);
    }
  }
  return result;
}

/**
 * The stages for the names of a command, in the graph's order: `named`, by default all that are not
 * `onDemand`; and `stages`, these with what they need and, if `downstream`, what depends on them.
 * Or a mistake for each unknown name.
 */
export function selectStages(
  graph: Graph,
  names: readonly string[],
  { downstream = false }: { readonly downstream?: boolean } = {},
): Result<Readonly<Record<'named' | 'stages', readonly StageName[]>>, readonly Diagnostic[]> {
  const mistakes: Diagnostic[] = [];
  const named = new Set<StageName>();
  for (const name of names) {
    const matches = stagesNamed(name, graph);
    if (matches.length === 0) {
      const hint = suggestStage(name, graph.stages.keys());
      mistakes.push({ code: 'unknown-stage', message: `There is no stage "${name}"`, hint });
    }
    for (const stage of matches) named.add(stage);
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
 * The stages that a word names. An included pipeline's name means its stages, except those on
 * demand.
 */
function stagesNamed(word: string, graph: Graph): readonly StageName[] {
  const matches = findStageNames(word, graph.stages.keys());
  if (matches.length > 0) return matches;
  const included = findIncludedStages(word, graph.stages.keys());
  const wanted = included.filter((name) => !graph.stage(name).onDemand);
  return wanted.length > 0 ? wanted : included;
}

/**
 * The stages that must run before a stage: those that it reads, and those that it runs after,
 * except on-demand ones.
 */
function needs(graph: Graph, name: StageName): readonly StageName[] {
  const stage = graph.stage(name);
  return [
    ...readBy(stage),
    ...stage.after.filter((predecessor) => !graph.stage(predecessor).onDemand),
  ];
}

function reach(
  from: ReadonlySet<StageName>,
  next: (name: StageName) => readonly StageName[],
): ReadonlySet<StageName> {
  const reached = new Set(from);
  // A loop over a set also visits what is added meanwhile.
  for (const name of reached) for (const neighbour of next(name)) reached.add(neighbour);
  return reached;
}
