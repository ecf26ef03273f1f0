import type { Stage, StageName } from '../config/pipeline.ts';
import { ListingError } from '../files/walk-tree.ts';
import { readBy } from '../graph/graph.ts';
import type { Decision } from './decide.ts';
import { type Examined, ExamineError, examine, type Outputs, type World } from './examine.ts';
import { nameFew } from './name-few.ts';

/** What would happen to one stage. A mistake that would stop it is told in place of a decision. */
export interface PlannedStage {
  readonly stage: Stage;
  readonly decision: Decision | { readonly state: 'failing'; readonly reasons: readonly string[] };
  /** Absent for a blocked or failing stage: its inputs are not known. */
  readonly examined?: Examined;
}

/**
 * What a run would do now, without doing it. A stage that reads one which must run is blocked: whether it runs depends
 * on the bytes that come out. `stages` stand in an order in which none stands before one that it waits for.
 */
export async function plan(stages: readonly Stage[], world: World): Promise<readonly PlannedStage[]> {
  const known = new Map<StageName, Outputs>();
  const unknown = new Set<StageName>();
  const planned: PlannedStage[] = [];
  for (const stage of stages) {
    const waitsFor = [...new Set(readBy(stage))].filter((name) => unknown.has(name));
    const next = waitsFor.length > 0 ? blocked(stage, waitsFor) : await look(stage, world, known);
    planned.push(next);
    const { state } = next.decision;
    if ((state === 'up to date' || state === 'restorable') && next.examined?.result !== undefined) {
      known.set(stage.name, next.examined.result.outputs);
    } else {
      unknown.add(stage.name);
    }
  }
  return planned;
}

async function look(stage: Stage, world: World, known: ReadonlyMap<StageName, Outputs>): Promise<PlannedStage> {
  try {
    const examined = await examine(stage, world, (name) => known.get(name) ?? {});
    return { stage, decision: examined.decision, examined };
  } catch (error) {
    if (!(error instanceof ExamineError || error instanceof ListingError)) throw error;
    return { stage, decision: { state: 'failing', reasons: [error.message] } };
  }
}

function blocked(stage: Stage, waitsFor: readonly StageName[]): PlannedStage {
  return { stage, decision: { state: 'waiting', reasons: [`reads ${nameFew(waitsFor)}, which must run`] } };
}
