import type { PendingStage, Stage, StageName } from '../engine/config/pipeline.ts';
import { listName } from '../engine/config/stages/axis-lists.ts';
import { Executor, obstacle, type StageOutcomes } from '../engine/execution/execute.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { isDone, type StageOutcome } from '../engine/execution/stage-outcome.ts';
import type { Graph } from '../engine/graph/graph.ts';
import type { Outputs } from '../engine/plan/examine.ts';
import { formatCountOf } from '../format-numbers.ts';
import { ok } from '../result.ts';
import { isForUser } from '../user-error.ts';
import { readLists, withLists } from './known-lists.ts';
import { PipelineError } from './pipeline-error.ts';
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
  /** Is told of each round but the first one, before its stages start. */
  readonly onRound: (round: Round) => void;
}

/** Brings everything up to date, also what only becomes known meanwhile. */
export async function runRounds(first: Round, options: RoundOptions): Promise<EndedRounds> {
  try {
    return await new GrowingRun(first, options).bringUpToDate();
  } finally {
    await first.run.place.close();
  }
}

/**
 * A run whose stages may make lists, from which axes take their values. Nothing is mutated: each
 * round has a graph and a selection of its own.
 *
 *     running → running  a further list is made: the pipeline is resolved again, and the run
 *                        continues on the larger graph, beside what still runs
 *     running → running  all stages have ended, and a list is another one than before the run,
 *                        since its stage had to run after all: the pipeline is resolved again, and
 *                        stages that are the same in both keep their outcomes
 *     running → ending   the pipeline cannot be resolved again: no further list counts
 *     running, ending → ended  all stages have ended, and no list is new
 *
 * It ends: a stage that needs no list starts once, and another one again only if lists that it
 * needs are others, which come from stages before it.
 */
class GrowingRun {
  readonly #options: RoundOptions;
  #round: Round;
  #executor = new Executor();
  /** Stages whose lists were looked at when they ended. */
  readonly #seen = new Set<StageName>();
  /** Why no further list counts. */
  #failure: string | undefined;

  constructor(first: Round, options: RoundOptions) {
    this.#round = first;
    this.#options = options;
  }

  async bringUpToDate(): Promise<EndedRounds> {
    this.#executor.start(this.#round.run);
    for (let isOver = false; !isOver; ) isOver = await this.#step();
    const outcomes = withPending(this.#round, this.#executor.outcomes, this.#failure);
    return { ...this.#round, outcomes };
  }

  /** Waits for a list, or for the end of all stages. True: the run is over. */
  async #step(): Promise<boolean> {
    const awaited = this.#mayGrow ? this.#awaitedStages() : new Set<StageName>();
    const areEnded = await this.#executor.wait(awaited);
    for (const name of awaited) if (this.#executor.outcomes.has(name)) this.#seen.add(name);
    if (!this.#mayGrow) return areEnded;
    try {
      const next = await this.#nextRound(areEnded);
      if (next === undefined) return areEnded;
      this.#round = next;
      this.#options.onRound(next);
      this.#executor.start(next.run);
      return false;
    } catch (error) {
      if (!isForUser(error)) throw error;
      this.#failure = error.message;
      return areEnded;
    }
  }

  get #mayGrow(): boolean {
    return this.#failure === undefined && !this.#round.run.signal.aborted;
  }

  /** The stages whose lists are not known yet. */
  #awaitedStages(): ReadonlySet<StageName> {
    const { pipeline, lists, wrongLists } = this.#round.selection;
    const open = pipeline.lists.filter((list) => {
      const name = listName(list);
      return !lists.has(name) && !wrongLists.has(name) && !this.#seen.has(list.stage);
    });
    return new Set(open.map(({ stage }) => stage));
  }

  /** Undefined where no list is new. */
  async #nextRound(areEnded: boolean): Promise<Round | undefined> {
    const { outcomes } = this.#executor;
    const { prepare } = this.#options;
    const anew = areEnded ? await roundAnew(this.#round, outcomes) : undefined;
    const selection = anew?.selection ?? (await furtherLists(this.#round, outcomes));
    if (selection === undefined) return undefined;
    await prepare(selection);
    const { run } = this.#round;
    tellOfLists(this.#round.selection, selection, run);
    if (anew !== undefined) {
      this.#executor = new Executor(anew.kept);
      this.#seen.clear();
    }
    const { stages, twice } = selection;
    return {
      run: { ...run, workspace: grownWorkspace(run.workspace, selection), stages, twice },
      selection,
    };
  }
}

const outputsIn = (outcomes: StageOutcomes, stage: StageName): Outputs | undefined => {
  const outcome = outcomes.get(stage);
  return outcome !== undefined && isDone(outcome) ? outcome.outputs : undefined;
};

/** What was asked for, with the lists that stages have made since; undefined where none is new. */
async function furtherLists(
  { run, selection }: Round,
  outcomes: StageOutcomes,
): Promise<Selection | undefined> {
  const known = await withLists(selection, async ({ pipeline, graph }, wanted) =>
    readLists(wanted, { ...run.workspace, pipeline, graph }, (stage) => outputsIn(outcomes, stage)),
  );
  return hasSameLists(known, selection) ? undefined : selectAgain(known, selection);
}

const hasSameLists = (one: CheckedPipeline, other: CheckedPipeline): boolean =>
  one.lists.size === other.lists.size && one.wrongLists.size === other.wrongLists.size;

/** Selects what was asked for. What awaits a wrong list stays pending, and fails at the end. */
function selectAgain(known: CheckedPipeline, { asked }: Selection): Selection {
  const { wrongLists } = known;
  return { ...select({ ...known, wrongLists: new Map() }, asked), wrongLists };
}

/**
 * What was asked for, where a list was made anew and is another one than that with which the
 * pipeline was resolved; with the outcomes that it leaves as they are.
 */
async function roundAnew(
  { run, selection }: Round,
  outcomes: StageOutcomes,
): Promise<{ readonly selection: Selection; readonly kept: StageOutcomes } | undefined> {
  const isOther = selection.pipeline.lists.some((list) => {
    const made = outputsIn(outcomes, list.stage)?.[list.port];
    const known = selection.lists.get(listName(list));
    return made !== undefined && known !== undefined && made.digest !== known.digest;
  });
  if (!isOther) return undefined;
  const first = await selection.resolve(new Map());
  const ended: EndedGraph = { graph: run.workspace.graph, outcomes, first: first.graph };
  const ofRun = new Set(run.stages.map(({ name }) => name));
  const known = await withLists(first, async ({ pipeline, graph }, wanted) => {
    const kept = keptOutcomes(ended, graph);
    const workspace = { ...run.workspace, pipeline, graph };
    const found = await readLists(wanted, workspace, (stage) => outputsIn(kept, stage));
    // Stages that nobody asked for keep the lists from before the run.
    const others = wanted.flatMap((list) => {
      const before = ofRun.has(list.stage) ? undefined : selection.lists.get(listName(list));
      return before === undefined ? [] : [[listName(list), ok(before)] as const];
    });
    return new Map([...found, ...others]);
  });
  const next = selectAgain(known, selection);
  return { selection: next, kept: keptOutcomes(ended, next.graph) };
}

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

/** The graph of stages that have ended, and what no list decides of it. */
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
  { run, selection }: Round,
  ended: StageOutcomes,
  failure: string | undefined,
): StageOutcomes {
  const outcomes = new Map(ended);
  for (const node of selection.pending) {
    const { name } = node;
    const needed = selection.nodes.dependencies(name).filter((source) => outcomes.has(source));
    const own: StageOutcome = run.signal.aborted
      ? { outcome: 'cancelled', message: 'cancelled' }
      : { outcome: 'failed', message: failure ?? whyPending(node, selection) };
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

/** What is wrong with the lists that a stage awaits, though their stages have ended. */
function whyPending({ awaited }: PendingStage, { wrongLists }: Selection): string {
  const mistakes = awaited.flatMap((list) => wrongLists.get(listName(list)) ?? []);
  if (mistakes.length > 0) return new PipelineError(mistakes).message;
  return `${awaited.map(listName).join(' and ')} is no longer in the shared store`;
}
