import type { CurvePoint, Highlight, Progress } from '../stage.ts';
import type { StageName } from './config/pipeline.ts';
import type { Decision } from './plan/decide.ts';
import type { Traffic } from './store/remote/store-reports.ts';
import type { Outcome } from './store/runs/outcome.ts';

/** A stage before it is decided: what it is, and the outputs of other stages that it reads. */
export interface PlannedReads {
  readonly kind: string;
  readonly reads: readonly {
    readonly port: string;
    readonly stage: StageName;
    readonly output: string;
  }[];
}

/** The stages of a run. */
export interface RunStages {
  /** No stage comes before one that it needs. */
  readonly stages: readonly StageName[];
  /**
   * The stages that the run is for: those that the user named, or all. Those that no other
   * stage reads come first.
   */
  readonly finals?: readonly StageName[];
  /** The final stages that no other stage of the run reads. Absent in old events. */
  readonly ends?: readonly StageName[];
  /** In the order of `stages`. Absent in old events. */
  readonly plan?: readonly PlannedReads[];
  /**
   * Those of `stages` that stand for what a list will make known, such as `fit[clip=?]`; absent:
   * none.
   */
  readonly pending?: readonly StageName[];
}

/** What happens in a run, in order, as plain data. `time` is in milliseconds since the epoch. */
export type RunEvent = { readonly time: number } & (
  | ({
      readonly type: 'run-started';
      readonly run: string;
      readonly pipeline: string;
      /** The pipeline's own, with the values of its parameters. */
      readonly description?: string;
    } & RunStages)
  /** Lists are known that stages made: the run continues with these stages. */
  | ({ readonly type: 'stages-known' } & RunStages)
  | ({ readonly stage: StageName } & StageEvent)
  | { readonly type: 'warning'; readonly stage?: StageName; readonly message: string }
  | ({ readonly type: 'store-traffic' } & Traffic)
  | {
      readonly type: 'run-finished';
      readonly run: string;
      readonly ok: boolean;
      readonly interrupted: boolean;
      readonly counts: Readonly<Record<Outcome, number>>;
      /** Where the run's page is, relative to the root; absent if it was not written. */
      readonly report?: string;
      /** How many stages of the pipeline nobody asked for; absent if none. */
      readonly notAsked?: number;
      readonly seconds: number;
    }
);

export type StageEvent =
  | { readonly type: 'stage-decided'; readonly decision: Decision }
  /** It waits for another run, or another stage, that does the same work. */
  | { readonly type: 'stage-waiting'; readonly for: string }
  /** Its job is in the queue of a scheduler. */
  | {
      readonly type: 'stage-queued';
      readonly place: string;
      /** Absent before the scheduler has accepted it. */
      readonly job?: string;
      /** In the scheduler's words, such as PENDING. */
      readonly state: string;
      readonly reason?: string;
      readonly startsAt?: string;
      /** How many further stages wait in the same way; only with the first of them. */
      readonly others?: number;
    }
  | {
      readonly type: 'stage-started';
      readonly kind: string;
      readonly attempt: number;
      readonly attempts: number;
    }
  | { readonly type: 'stage-progress'; readonly progress: Progress }
  /** A point of the curves that the stage follows, as at the end of an epoch. */
  | { readonly type: 'stage-point'; readonly point: CurvePoint }
  | { readonly type: 'stage-output'; readonly text: string }
  | { readonly type: 'stage-retrying'; readonly message: string }
  | {
      readonly type: 'stage-finished';
      readonly outcome: Outcome;
      /** The time that this run needed: 0 for a stage that was up to date. */
      readonly seconds: number;
      readonly message?: string;
      /** It was cancelled, and left a checkpoint from which its next attempt resumes. */
      readonly resumes?: true;
      /** It was cancelled here, and a job brings it to its end after this run. */
      readonly leftToJob?: true;
      readonly logTail?: readonly string[];
      readonly highlights: readonly Highlight[];
      /** Published paths by port, relative to the root. */
      readonly outputs: Readonly<Record<string, string>>;
      /**
       * The ports of outputs that stay in the shared store, so that nothing is published; absent:
       * none.
       */
      readonly away?: readonly string[];
    }
  /** A message of a stage to the user that is no warning. */
  | { readonly type: 'info'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string };
