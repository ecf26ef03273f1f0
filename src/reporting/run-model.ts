import type { StageName } from '../engine/config/pipeline.ts';
import type { PlannedReads, RunEvent, RunStages } from '../engine/events.ts';
import type { PlannedDecision } from '../engine/plan/decide.ts';
import { describeReasons } from '../engine/plan/describe-decision.ts';
import type { Traffic } from '../engine/store/remote/store-reports.ts';
import type { Outcome } from '../engine/store/runs/outcome.ts';
import { type Curve, withPoint } from '../reported-curves.ts';
import type { CurvePoint, Progress } from '../stage.ts';
import { type Pace, paceAfter } from './pace.ts';

/** The stages of a run, and what it is for. */
interface RunModelStages {
  readonly stages: readonly StageModel[];
  /** Stages whose outputs are shown at the end, the most important first. */
  readonly finals: readonly StageName[];
  /** The final stages that no other stage reads; all of them where that is not known. */
  readonly ends: readonly StageName[];
}

/**
 * A run as its events tell it, for terminal, report and history. Times are milliseconds since the
 * epoch.
 */
export interface RunModel extends RunModelStages {
  readonly run: string;
  readonly pipeline: string;
  readonly description?: string;
  readonly startedAt: number;
  readonly warnings: readonly { readonly stage?: StageName; readonly message: string }[];
  /** Absent where nothing came from a shared store or went there. */
  readonly traffic?: Traffic;
  readonly end?: Extract<RunEvent, { type: 'run-finished' }>;
}

/** How far a running stage is. */
export interface StageActivity {
  readonly progress?: Progress | undefined;
  /** What it reported in its last attempt so far, and its last point. */
  readonly curves: readonly Curve[];
  readonly lastPoint?: CurvePoint;
}

/** A stage of a run after the events so far. */
export interface StageModel extends StageActivity, Pace {
  readonly name: StageName;
  readonly state: 'waiting' | 'running' | Outcome;
  /** Absent in runs of an older Restage. */
  readonly planned?: PlannedReads;
  /** Absent before the decision. {@link reasonsOf} puts its reasons into words. */
  readonly decision?: PlannedDecision;
  /** The attempt that runs or ran last; absent where there was none. */
  readonly attempt?: {
    readonly kind: string;
    readonly number: number;
    readonly of: number;
    readonly startedAt: number;
    readonly lastLine?: string;
  };
  /** Its job in the queue of a scheduler; absent once it runs. */
  readonly queued?: Extract<RunEvent, { type: 'stage-queued' }>;
  readonly end?: Extract<RunEvent, { type: 'stage-finished' }>;
}

export const emptyRun: RunModel = {
  run: '',
  pipeline: '',
  startedAt: 0,
  stages: [],
  finals: [],
  ends: [],
  warnings: [],
};

export const reasonsOf = ({ decision }: StageModel): readonly string[] =>
  decision === undefined ? [] : describeReasons(decision);

/**
 * The model after one more event. `events.reduce(reduce, emptyRun)` is the model of a recorded run.
 */
export function reduce(run: RunModel, event: RunEvent): RunModel {
  switch (event.type) {
    case 'run-started': {
      const { pipeline, description, time } = event;
      return {
        run: event.run,
        pipeline,
        ...(description !== undefined && { description }),
        startedAt: time,
        ...stagesOf(event, () => undefined),
        warnings: [],
      };
    }
    case 'stages-known':
      return { ...run, ...stagesOf(event, (name) => stageNamed(run, name)) };
    case 'warning': {
      const { stage, message } = event;
      return {
        ...run,
        warnings: [...run.warnings, { ...(stage !== undefined && { stage }), message }],
      };
    }
    case 'run-finished':
      return { ...run, end: event };
    case 'store-traffic':
      return { ...run, traffic: event };
    case 'info':
    case 'stage-waiting':
    case 'stage-retrying':
      return run;
    default: {
      const stage = stageNamed(run, event.stage);
      return stage === undefined ? run : withStage(run, reduceStage(stage, event));
    }
  }
}

/** The stages of a run, with what is known of each so far. */
function stagesOf(
  { stages, finals = stages, ends = finals, plan = [] }: RunStages,
  known: (name: StageName) => StageModel | undefined,
): RunModelStages {
  const models = stages.map((name, index): StageModel => {
    const planned = plan[index];
    const waiting = { name, state: 'waiting', samples: [], curves: [] } as const;
    return { ...(known(name) ?? waiting), ...(planned !== undefined && { planned }) };
  });
  return { stages: models, finals, ends };
}

/**
 * Where each stage lies in a list of all. Lists that follow from each other share it: a run may
 * have thousands of stages, and each event names one.
 */
const positions = new WeakMap<readonly StageModel[], ReadonlyMap<StageName, number>>();

function positionsIn(stages: readonly StageModel[]): ReadonlyMap<StageName, number> {
  const known = positions.get(stages);
  if (known !== undefined) return known;
  const made = new Map(stages.map(({ name }, index) => [name, index]));
  positions.set(stages, made);
  return made;
}

/** The stage of a name; undefined for one that is not part of the run. */
export function stageNamed({ stages }: RunModel, name: StageName): StageModel | undefined {
  const index = positionsIn(stages).get(name);
  return index === undefined ? undefined : stages[index];
}

function withStage(run: RunModel, stage: StageModel): RunModel {
  const shared = positionsIn(run.stages);
  const stages = run.stages.with(shared.get(stage.name)!, stage);
  positions.set(stages, shared);
  return { ...run, stages };
}

type StageEvent = Extract<RunEvent, { type: `stage-${string}` }>;

function reduceStage(
  stage: StageModel,
  event: Exclude<StageEvent, { type: 'stage-waiting' | 'stage-retrying' }>,
) {
  switch (event.type) {
    case 'stage-decided':
      return { ...stage, decision: event.decision };
    case 'stage-started': {
      const { progress: _, queued: _q, lastPoint: _p, ...kept } = stage;
      const attempt = {
        kind: event.kind,
        number: event.attempt,
        of: event.attempts,
        startedAt: event.time,
      };
      return { ...kept, state: 'running' as const, attempt, samples: [], curves: [] };
    }
    case 'stage-queued':
      return { ...stage, state: 'waiting' as const, queued: event };
    case 'stage-progress':
      return { ...stage, ...paceAfter(stage, event.progress, event.time) };
    case 'stage-point':
      return { ...stage, curves: withPoint(stage.curves, event.point), lastPoint: event.point };
    case 'stage-output': {
      const lastLine = event.text
        .split(/[\r\n]+/)
        .findLast((line) => line.trim() !== '')
        ?.slice(0, longestLine);
      return stage.attempt && lastLine !== undefined
        ? { ...stage, attempt: { ...stage.attempt, lastLine } }
        : stage;
    }
    case 'stage-finished':
      return { ...stage, state: event.outcome, end: event };
  }
}

/** Characters kept of a line that a stage printed, which no terminal shows all of. */
const longestLine = 1000;

export const isDone = ({ state }: { readonly state: string }): boolean =>
  state === 'ran' || state === 'restored' || state === 'up to date';

/** How a run ended. A `detached` one left stages to jobs, which continue. */
export type EndState = 'succeeded' | 'failed' | 'interrupted' | 'detached';

/** How a run ended, by the ends of its stages, in its events or in its record. */
export function endState(
  ends: readonly { readonly outcome: Outcome; readonly leftToJob?: true }[],
): EndState {
  const has = (...some: readonly Outcome[]) => ends.some(({ outcome }) => some.includes(outcome));
  if (has('failed', 'blocked')) return 'failed'; // with --fail-fast the others are cancelled
  if (ends.some(({ leftToJob }) => leftToJob)) return 'detached';
  return has('cancelled') ? 'interrupted' : 'succeeded';
}

/**
 * Is told each event of a run, with the model after it. `close` is called once, after the last
 * event.
 */
export interface RunListener {
  event(event: RunEvent, run: RunModel): void;
  close(): void;
}

/** Reduces the events of a run once for all listeners. */
export class RunListeners {
  #run = emptyRun;
  readonly #listeners: RunListener[];

  constructor(...listeners: RunListener[]) {
    this.#listeners = listeners;
  }

  add(listener: RunListener): void {
    this.#listeners.push(listener);
  }

  event(event: RunEvent): void {
    this.#run = reduce(this.#run, event);
    for (const listener of this.#listeners) listener.event(event, this.#run);
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }
}
