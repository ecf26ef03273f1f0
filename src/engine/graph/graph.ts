import type { Input, Stage, StageName } from '../config/pipeline.ts';
import { possibleItems } from '../config/possible-items.ts';
import { postOrder } from '../config/post-order.ts';

/** A stage, or one that is pending, as far as its dependencies go. */
export interface GraphNode {
  readonly name: StageName;
  readonly inputs: readonly Input[];
  readonly after: readonly StageName[];
  readonly listedBy?: readonly StageName[];
}

/**
 * The dependencies in a pipeline, without cycles: a stage needs those that it reads, those that it
 * runs after, and those that made the lists from which its axes take their values.
 */
export class Graph<S extends GraphNode = Stage> {
  readonly stages: ReadonlyMap<StageName, S>;
  /** Every stage comes after those that it needs, otherwise in the order of the file. */
  readonly order: readonly StageName[];
  readonly #dependencies: ReadonlyMap<StageName, readonly StageName[]>;
  readonly #dependents: ReadonlyMap<StageName, readonly StageName[]>;

  constructor({ stages }: { readonly stages: readonly S[] }) {
    this.stages = new Map(stages.map((stage) => [stage.name, stage]));
    this.#dependencies = new Map(
      stages.map((stage) => [
        stage.name,
        [...new Set([...readBy(stage), ...stage.after, ...(stage.listedBy ?? [])])],
      ]),
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

/** The stages that a stage reads, or may read for its slot, with repetitions. */
export function readBy({ inputs }: GraphNode): readonly StageName[] {
  return inputs.flatMap((input) =>
    possibleItems(input).flatMap((item) => (item.from === 'stage' ? [item.stage] : [])),
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
