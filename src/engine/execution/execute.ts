import PQueue from 'p-queue';
import { formatCountOf, formatFew } from '../../format-numbers.ts';
import { describeError } from '../../user-error.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import { ListingError } from '../files/walk-tree.ts';
import { chosenStage } from '../plan/chosen-stage.ts';
import { examine, LostInput, type OutputsOf } from '../plan/examine.ts';
import { isProposing, neededAlways, toldStage } from '../plan/trial-history.ts';
import type { Execution } from './execution.ts';
import { logTail } from './processes/log-tail.ts';
import { OldCode, StageLeftToJob, UnfinishedStage } from './stage-failures.ts';
import { isDone, type StageOutcome, type UndoneStage } from './stage-outcome.ts';
import { StageRun } from './stage-run.ts';
import { awaitTrials, type RemainingTrials, withoutFailedTrials } from './trials-under-way.ts';

/** Stages that are examined at the same time. The disk is the limit: more at once gain nothing. */
const examiners = 8;
/** The message of a stage that an interrupt ended or kept from beginning. */
const cancelled = 'cancelled';

export type StageOutcomes = ReadonlyMap<StageName, StageOutcome>;

/** Brings every stage of a run up to date. */
export async function execute(run: Execution): Promise<StageOutcomes> {
  const executor = new Executor();
  executor.start(run);
  await executor.wait(new Set());
  return executor.outcomes;
}

/**
 * Brings stages up to date; a failure stops only what depends on it. Stages whose outputs are lost
 * run again. Further stages can be started while others run. The states of a stage:
 *
 *     started → waits for those before it → examined, and perhaps run → ended, with an outcome
 *     waits, and one before it has lost its outputs                   → postponed
 *     lost, or postponed, when all others have ended                  → started again
 */
export class Executor {
  readonly #queue = new PQueue({ concurrency: examiners });
  readonly #outcomes: Map<StageName, StageOutcome>;
  /** Resolves when a stage has ended, or is postponed. */
  readonly #pending = new Map<StageName, Promise<void>>();
  readonly #lost = new Set<StageName>();
  /** How many stages are neither ended nor postponed. */
  #open = 0;
  #run: Execution | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** `ended` are stages that ended before: they are not started again. */
  constructor(ended: StageOutcomes = new Map()) {
    this.#outcomes = new Map(ended);
  }

  /** How stages ended so far. */
  get outcomes(): StageOutcomes {
    return this.#outcomes;
  }

  /** Starts the stages of a run that were not started before. */
  start(run: Execution): void {
    this.#run = run;
    this.#begin(
      run.stages.filter(({ name }) => !this.#outcomes.has(name) && !this.#pending.has(name)),
      run,
    );
  }

  /** Waits until all stages have ended, or one of those that are watched. True: all. */
  async wait(watched: ReadonlySet<StageName>): Promise<boolean> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if ([...watched].some((name) => this.#outcomes.has(name))) return false;
      if (this.#open === 0 && !this.#beginAgain()) return true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #begin(stages: readonly Stage[], run: Execution): void {
    const isAsked = new Set(run.stages.map(({ name }) => name));
    for (const stage of stages) {
      const dependencies = run.workspace.graph.dependencies(stage.name);
      const needed = isProposing(stage) ? neededAlways(stage, dependencies) : dependencies;
      const waitsFor = needed.filter((name) => isAsked.has(name));
      this.#open += 1;
      const ended = this.#bring(stage, waitsFor, run)
        .catch((error: unknown) => {
          this.#failure ??= { error };
        })
        .finally(() => {
          this.#open -= 1;
          this.#wake();
        });
      this.#pending.set(stage.name, ended);
    }
  }

  /** Starts stages again whose outputs are lost, with their readers. False: there are none. */
  #beginAgain(): boolean {
    const run = this.#run;
    if (run === undefined || this.#lost.size === 0) return false;
    const stages = stagesAfter(this.#lost, run);
    this.#lost.clear();
    for (const { name } of stages) this.#outcomes.delete(name);
    this.#begin(stages, run);
    return true;
  }

  async #bring(stage: Stage, waitsFor: readonly StageName[], run: Execution): Promise<void> {
    const outcomes = this.#outcomes;
    const mistake = await earlyMistake(stage, waitsFor, { run, pending: this.#pending, outcomes });
    if (mistake === undefined) {
      await Promise.all(waitsFor.map((name) => this.#pending.get(name)));
      if (!waitsFor.every((name) => outcomes.has(name))) return; // postponed
    }
    const remaining = withoutFailedTrials(stage, outcomes);
    const needed = waitsFor.filter((name) => !remaining.without.has(name));
    const outcome =
      mistake ??
      obstacle(needed, outcomes) ??
      (await bringStage(remaining, { run, pending: this.#pending, outcomes }, this.#queue));
    if (outcome === 'postponed') return;
    if (outcome instanceof LostInput) return void this.#lost.add(outcome.stage);
    outcomes.set(stage.name, outcome);
    announce(stage, outcome, run);
    if (outcome.outcome === 'failed') run.onFailure();
  }
}

/** Stages under way in a run. */
interface Progress {
  readonly run: Execution;
  /** Resolves when a stage has ended. */
  readonly pending: ReadonlyMap<StageName, Promise<void>>;
  readonly outcomes: ReadonlyMap<StageName, StageOutcome>;
}

/**
 * The failure of a stage that could not use what other stages left, as soon as these have ended. If
 * it waits for nothing else, it finds its mistake itself.
 */
async function earlyMistake(
  stage: Stage,
  waitsFor: readonly StageName[],
  { run: { workspace, signal }, pending, outcomes }: Progress,
): Promise<StageOutcome | undefined> {
  const { contents } = workspace;
  const makers = contents?.makersOf(stage) ?? [];
  if (contents === undefined || makers.length === 0) return undefined;
  await Promise.all(makers.map((name) => pending.get(name)));
  const isReady = waitsFor.every((name) => outcomes.has(name));
  if (isReady || signal.aborted) return undefined;
  try {
    const message = await contents.mistakeOf(stage, (name) => {
      const outcome = outcomes.get(name);
      return outcome !== undefined && isDone(outcome) ? outcome.outputs : undefined;
    });
    return message === undefined ? undefined : { outcome: 'failed', message };
  } catch (error) {
    if (error instanceof ListingError) return undefined; // a file has gone, which it finds itself
    throw error;
  }
}

/** A stage as it can be decided about, once all that it needs has ended; or why it cannot be. */
async function readyStage(
  { stage, failed }: RemainingTrials,
  { run, pending, outcomes }: Progress,
): Promise<Stage | StageOutcome | 'postponed'> {
  if (failed.length > 0) {
    const message = `goes on without ${formatCountOf(failed.length, 'trial')} that failed: ${formatFew(failed, 5)}`;
    run.emit({ type: 'warning', stage: stage.name, message, time: Date.now() });
  }
  if (!isProposing(stage)) return stage;
  const { workspace } = run;
  const known = await awaitTrials(
    stage,
    { pending, outcomes },
    { workspace, outputsOf: outputsIn(outcomes, stage) },
  );
  if (known === 'postponed') return known;
  if (known === 'left')
    return { outcome: 'cancelled', message: 'it comes after trials that have not ended' };
  return toldStage(stage, known);
}

/** The outputs of the stages that have ended, for one that reads them. */
const outputsIn =
  (outcomes: ReadonlyMap<StageName, StageOutcome>, reader: Stage): OutputsOf =>
  (name) => {
    const outcome = outcomes.get(name);
    if (outcome === undefined || !isDone(outcome))
      throw new Error(`Internal error: ${reader.name} reads ${name}, which is not done`);
    return outcome.outputs;
  };

/** Lost stages and everything that depends on them. */
function stagesAfter(
  lost: ReadonlySet<StageName>,
  { stages, workspace, emit }: Execution,
): readonly Stage[] {
  const again = new Set(lost);
  for (const stage of lost) {
    const message =
      'its outputs are no longer in the shared store: it runs again, and its readers are examined again';
    emit({ type: 'warning', stage, message, time: Date.now() });
  }
  for (const { name } of stages)
    if (workspace.graph.dependencies(name).some((dependency) => again.has(dependency)))
      again.add(name);
  return stages.filter(({ name }) => again.has(name));
}

/** The outcome of a stage that cannot run, since one that it waits for is not done. */
export function obstacle(
  waitsFor: readonly StageName[],
  outcomes: StageOutcomes,
): UndoneStage | undefined {
  for (const name of waitsFor) {
    const end = outcomes.get(name)!;
    if (isDone(end)) continue;
    const { outcome, message } = end;
    if (outcome === 'cancelled')
      return { outcome, message: message === cancelled ? message : `it comes after ${name}` };
    const how = outcome === 'failed' ? 'failed' : 'was blocked';
    return { outcome: 'blocked', message: `waits for ${name}, which ${how}` };
  }
  return undefined;
}

async function bringStage(
  remaining: RemainingTrials,
  progress: Progress,
  queue: PQueue,
): Promise<StageOutcome | LostInput | 'postponed'> {
  const { run, outcomes } = progress;
  const { stage } = remaining;
  const outputsOf = outputsIn(outcomes, stage);
  let stageRun: StageRun | undefined;
  try {
    run.signal.throwIfAborted();
    const ready = await readyStage(remaining, progress);
    if (ready === 'postponed' || 'outcome' in ready) return ready;
    const chosen = await chosenStage(ready, run.workspace, outputsOf);
    const examined = await queue.add(() => examine(chosen, run.workspace, outputsOf));
    run.emit({
      type: 'stage-decided',
      stage: stage.name,
      decision: examined.decision,
      time: Date.now(),
    });
    if (chosen.filling !== undefined && examined.decision.state !== 'up to date') {
      run.emit({ type: 'info', stage: stage.name, message: chosen.filling, time: Date.now() });
    }
    stageRun = new StageRun(chosen, examined, outputsOf, run);
    return await stageRun.bringUpToDate();
  } catch (error) {
    if (error instanceof LostInput && !run.signal.aborted) return error;
    if (error instanceof UnfinishedStage) {
      return {
        outcome: 'cancelled',
        message: error.message,
        ...(error instanceof StageLeftToJob
          ? { leftToJob: true }
          : stageRun?.resumes && { resumes: true }),
        ...(error instanceof OldCode && { hasOldCode: true }),
      };
    }
    if (run.signal.aborted) {
      return {
        outcome: 'cancelled',
        message: cancelled,
        ...(stageRun?.resumes && { resumes: true }),
      };
    }
    return { outcome: 'failed', message: describeError(error) };
  }
}

function announce({ name, outputs }: Stage, outcome: StageOutcome, run: Execution): void {
  const done = isDone(outcome);
  run.emit({
    type: 'stage-finished',
    stage: name,
    outcome: outcome.outcome,
    seconds: done ? outcome.seconds : 0,
    ...(!done && { message: outcome.message }),
    ...(!done && outcome.resumes && { resumes: true }),
    ...(!done && outcome.leftToJob && { leftToJob: true }),
    ...(outcome.outcome === 'failed' && { logTail: logTail(run.folder, name) }),
    highlights: done ? outcome.summaryTables : [],
    outputs: Object.fromEntries(outputs.map(({ port, path }) => [port, path])),
    ...(done && outcome.away !== undefined && outcome.away.size > 0 && { away: [...outcome.away] }),
    time: Date.now(),
  });
}
