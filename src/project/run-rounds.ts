import type { Stage, StageName } from '../engine/config/pipeline.ts';
import { listName } from '../engine/config/stages/axis-lists.ts';
import { execute, obstacle, type StageOutcomes } from '../engine/execution/execute.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { isDone, type StageOutcome } from '../engine/execution/stage-outcome.ts';
import type { Graph } from '../engine/graph/graph.ts';
import { formatCountOf } from '../format-numbers.ts';
import { ok } from '../result.ts';
import { isForUser } from '../user-error.ts';
import { readLists, withLists } from './known-lists.ts';
import { type CheckedPipeline, type Selection, select } from './selection.ts';
import { grownWorkspace } from './workspace.ts';

/** A run, and the stages that it brings up to date, as far as they are known. */
export interface Round {
  readonly run: Execution;
  readonly selection: Selection;
}

/** The last round of a run, and how everything ended: pending stages, too. */
export interface EndedRounds extends Round {
  readonly outcomes: StageOutcomes;
}

/** What a run does between its rounds. */
interface RoundOptions {
  /** Checks that further stages can run here. Throws a `PipelineError`. */
  readonly prepare: (selection: Selection) => Promise<void>;
  /** Is told of each round but the first one. */
  readonly onRound: (round: Round) => void;
}

/**
 * Brings everything up to date. A stage may make a list from which axes take their values: when all
 * known stages have ended, the pipeline is resolved again with the lists that there are by now, and
 * the run continues on the larger graph. Nothing is mutated: each round has a selection of its own,
 * and takes over the outcomes of stages that are the same in both.
 *
 *     known stages ended → no further list, or none that is new: over
 *                        → further or other lists: resolved again, next round
 *                        → a list that cannot be used: what awaits it fails, over
 *
 * It ends: a stage that needs no list has one outcome, and another one runs again only if lists
 * that it needs are others, which come from stages before it.
 */
export async function runRounds(
  first: Round,
  { prepare, onRound }: RoundOptions,
): Promise<EndedRounds> {
  let round = first;
  let outcomes: StageOutcomes = new Map();
  let failure: string | undefined;
  try {
    for (;;) {
      outcomes = await execute(round.run, outcomes);
      const next = await nextRound(round, outcomes, prepare);
      if (next === undefined) break;
      ({ outcomes } = next);
      round = next;
      onRound(round);
    }
  } catch (error) {
    if (!isForUser(error)) throw error;
    failure = error.message;
  } finally {
    await first.run.place.close();
  }
  return { ...round, outcomes: withPending(round, outcomes, failure) };
}

/** The round after one that ended; undefined where no list is new. */
async function nextRound(
  { run, selection }: Round,
  outcomes: StageOutcomes,
  prepare: RoundOptions['prepare'],
): Promise<EndedRounds | undefined> {
  if (run.signal.aborted || !hasOtherLists(selection, outcomes)) return undefined;
  const first = await selection.resolve(new Map());
  const ended: EndedGraph = { graph: run.workspace.graph, outcomes, first: first.graph };
  const ofRun = new Set(run.stages.map(({ name }) => name));
  const current = await withLists(first, async (known, wanted) => {
    const kept = keptOutcomes(ended, known.graph);
    const workspace = { ...run.workspace, pipeline: known.pipeline, graph: known.graph };
    const found = await readLists(wanted, workspace, (stage) => {
      const outcome = kept.get(stage);
      return outcome !== undefined && isDone(outcome) ? outcome.outputs : undefined;
    });
    // Of stages that nobody asked for, the lists are those from before the run.
    const others = wanted.flatMap((list) => {
      const before = ofRun.has(list.stage) ? undefined : selection.lists.get(listName(list));
      return before === undefined ? [] : [[listName(list), ok(before)] as const];
    });
    return new Map([...found, ...others]);
  });
  if (listsKey(current) === listsKey(selection)) return undefined;
  const next = select(current, selection.asked);
  await prepare(next);
  const workspace = grownWorkspace(run.workspace, next);
  const grown = { ...run, workspace, stages: next.stages, twice: next.twice };
  tellOfLists(selection, next, run);
  return { run: grown, selection: next, outcomes: keptOutcomes(ended, next.graph) };
}

/** Whether stages have made lists that are not those with which the pipeline was resolved. */
function hasOtherLists(
  { pipeline, lists, wrongLists }: Selection,
  outcomes: StageOutcomes,
): boolean {
  return pipeline.lists.some((list) => {
    const outcome = outcomes.get(list.stage);
    const made = outcome !== undefined && isDone(outcome) ? outcome.outputs[list.port] : undefined;
    const name = listName(list);
    return made !== undefined && !wrongLists.has(name) && made.digest !== lists.get(name)?.digest;
  });
}

const listsKey = ({ lists, wrongLists }: CheckedPipeline): string =>
  JSON.stringify([
    Array.from(lists, ([name, { digest }]) => [name, digest]),
    [...wrongLists.keys()],
  ]);

function tellOfLists(before: Selection, now: Selection, { emit }: Execution): void {
  const known = new Set(before.stages.map(({ name }) => name));
  const further = now.stages.filter(({ name }) => !known.has(name)).length;
  const changed = now.pipeline.lists.filter((list) => {
    const name = listName(list);
    return now.lists.get(name)?.digest !== before.lists.get(name)?.digest;
  });
  for (const { stage, port } of changed) {
    const message = `its ${port} is known now: ${formatCountOf(further, 'further stage')}`;
    emit({ type: 'info', stage, message, time: Date.now() });
  }
}

/** The graph of a round that has ended, and what no list decides of it. */
interface EndedGraph {
  readonly graph: Graph;
  readonly outcomes: StageOutcomes;
  /** The stages that are known without any list. */
  readonly first: Graph;
}

/** The outcomes of stages that are the same in a graph with other lists, and need only such. */
function keptOutcomes({ graph, outcomes, first }: EndedGraph, after: Graph): StageOutcomes {
  const kept = new Map<StageName, StageOutcome>();
  for (const name of after.order) {
    const outcome = outcomes.get(name);
    if (outcome === undefined) continue;
    const isKept = (source: StageName) => !outcomes.has(source) || kept.has(source);
    const isSame =
      first.stages.has(name) ||
      (after.dependencies(name).every(isKept) &&
        workOf(graph.stage(name)) === workOf(after.stage(name)));
    if (isSame) kept.set(name, outcome);
  }
  return kept;
}

/** Everything that a stage says, without its place in files: a list makes it anew. */
function workOf(stage: Stage): string {
  return JSON.stringify(stage, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    return isSpan(value) ? undefined : value;
  });
}

const isSpan = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'file' in value &&
  typeof value.file === 'object' &&
  'start' in value;

/** The outcomes together with those of stages that are still pending when the run ends. */
function withPending(
  { run, selection: { pending, nodes } }: Round,
  ended: StageOutcomes,
  failure: string | undefined,
): StageOutcomes {
  const outcomes = new Map(ended);
  for (const { name } of pending) {
    const needed = nodes.dependencies(name).filter((source) => outcomes.has(source));
    const own: StageOutcome = run.signal.aborted
      ? { outcome: 'cancelled', message: 'cancelled' }
      : { outcome: 'failed', message: failure ?? 'a list that it needs could not be read' };
    const { outcome, message } = obstacle(needed, outcomes) ?? own;
    outcomes.set(name, { outcome, message });
    run.emit({
      type: 'stage-finished',
      stage: name,
      outcome,
      seconds: 0,
      message,
      highlights: [],
      outputs: {},
      time: Date.now(),
    });
  }
  return outcomes;
}
