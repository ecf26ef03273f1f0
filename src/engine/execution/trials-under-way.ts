import type { InputItem, Stage, StageName } from '../config/pipeline.ts';
import type { OutputsOf, Workspace } from '../plan/examine.ts';
import { type ProposingStage, recordedTrials, trialsBefore } from '../plan/trial-history.ts';
import type { KnownTrials } from '../store/stage-result.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

/** Stages of a run, some of which have ended. */
interface RunningStages {
  /** Resolves when a stage has ended. */
  readonly pending: ReadonlyMap<StageName, Promise<void>>;
  readonly outcomes: ReadonlyMap<StageName, StageOutcome>;
}

/**
 * Waits until the next trial may be proposed, and says which trials have ended by then. Where it
 * was proposed before, it waits for the same trials as then. Else it waits until no more than
 * `parallel` trials, with the next one, are under way. `left`: some will not end in this run.
 * `postponed`: some lost their outputs, and run again when all others have ended.
 */
export async function awaitTrials(
  stage: ProposingStage,
  { pending, outcomes }: RunningStages,
  { workspace, outputsOf }: { readonly workspace: Workspace; readonly outputsOf: OutputsOf },
): Promise<KnownTrials | 'left' | 'postponed'> {
  const trials = trialsBefore(stage);
  const ends = (label: string) => (trials.get(label) ?? []).map((name) => pending.get(name));
  const stateOf = (label: string) => stateOfTrial(trials.get(label) ?? [], outcomes);
  const recorded = await recordedTrials(stage, workspace, outputsOf);
  if (recorded?.ended.every((label) => trials.has(label))) {
    await Promise.all(recorded.ended.flatMap(ends));
    const states = recorded.ended.map(stateOf);
    if (states.every((state) => state === 'ended')) return recorded;
    if (states.includes('left')) return 'left';
    if (states.includes(undefined)) return 'postponed';
  }
  const settled = new Set<string>();
  const open = new Map(
    [...trials.keys()].map((label) => {
      const end = Promise.all(ends(label)).then(() => settled.add(label));
      return [label, end] as const;
    }),
  );
  for (;;) {
    // What has ended is known after a turn of the event loop.
    await new Promise(setImmediate);
    for (const label of open.keys()) {
      const state = stateOf(label);
      if (state !== undefined && state !== 'left') open.delete(label);
    }
    if (open.size < stage.proposing.parallel) break;
    const others = [...open].filter(([label]) => !settled.has(label));
    if (others.length === 0)
      return [...open.keys()].some((label) => stateOf(label) === 'left') ? 'left' : 'postponed';
    await Promise.race(others.map(([, end]) => end));
  }
  const labels = [...trials.keys()];
  return {
    ended: labels.filter((label) => stateOf(label) === 'ended'),
    failed: labels.filter((label) => stateOf(label) === 'failed'),
  };
}

/**
 * How a trial ended: with all of its outputs, without some, or not in this run; undefined while it
 * is under way.
 */
function stateOfTrial(
  stages: readonly StageName[],
  outcomes: RunningStages['outcomes'],
): 'ended' | 'failed' | 'left' | undefined {
  const ends = stages.map((name) => outcomes.get(name));
  if (ends.some((end) => end?.outcome === 'cancelled')) return 'left';
  if (ends.includes(undefined)) return undefined;
  return ends.every((end) => isDone(end!)) ? 'ended' : 'failed';
}

/** Trials that a stage reads in a list, without those that failed. */
export interface RemainingTrials {
  readonly stage: Stage;
  /** The stages of the trials that are left out. */
  readonly without: ReadonlySet<StageName>;
  /** The numbers of these trials. */
  readonly failed: readonly string[];
}

/**
 * A stage without the trials that failed, of which its lists hold others: a search goes on without
 * them. All items of such a trial are left out, so that lists that belong together stay so.
 */
export function withoutFailedTrials(
  stage: Stage,
  outcomes: RunningStages['outcomes'],
): RemainingTrials {
  const items = stage.inputs.flatMap((input) => input.items);
  const trialOf = ({ trial }: InputItem) => trial?.proposal.stage;
  const hasFailed = (item: InputItem) => {
    const outcome = item.from === 'stage' ? outcomes.get(item.stage)?.outcome : undefined;
    return outcome === 'failed' || outcome === 'blocked';
  };
  const lost = new Map(
    items.flatMap((item) =>
      item.trial && hasFailed(item) ? [[trialOf(item)!, item.trial.label]] : [],
    ),
  );
  const isLeft = (item: InputItem) => lost.has(trialOf(item) ?? ('' as StageName));
  const inputs = stage.inputs.map((input) => {
    const kept = input.items.filter((item) => !isLeft(item));
    return kept.length === input.items.length ? input : { ...input, items: kept };
  });
  const isEmptied = inputs.some(({ items: kept }, index) => {
    return kept.length === 0 && stage.inputs[index]!.items.length > 0;
  });
  if (lost.size === 0 || isEmptied) return { stage, without: new Set(), failed: [] };
  const without = items.flatMap((item) =>
    isLeft(item) && item.from === 'stage' ? [item.stage] : [],
  );
  return { stage: { ...stage, inputs }, without: new Set(without), failed: [...lost.values()] };
}
