import type { CurvePoint, Highlight, Progress } from '../stage.ts';
import type { StageName } from './config/pipeline.ts';
import type { Decision } from './plan/decide.ts';

/** How a stage ended in a run. `blocked`: not run because something it reads failed or was cancelled. */
export type Outcome = 'up to date' | 'restored' | 'ran' | 'failed' | 'blocked' | 'cancelled';

/** What happens in a run, in order, for reporters; also the lines of `--reporter json`. Times are milliseconds since the epoch. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly pipeline: string;
      /** The pipeline's own, parameters worked in. */
      readonly description?: string;
      readonly stages: readonly StageName[];
      /** Those whose outputs are shown at the end, named by the user or all; what no other stage reads comes first. */
      readonly finals?: readonly StageName[];
      readonly time: number;
    }
  | { readonly type: 'stage-decided'; readonly stage: StageName; readonly decision: Decision; readonly time: number }
  /** Waits for another run that works on the same fingerprint. */
  | { readonly type: 'stage-waiting'; readonly stage: StageName; readonly for: string; readonly time: number }
  | {
      readonly type: 'stage-started';
      readonly stage: StageName;
      readonly kind: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly time: number;
    }
  | { readonly type: 'stage-progress'; readonly stage: StageName; readonly progress: Progress; readonly time: number }
  /** How far the curves have come that the stage follows: an epoch of a training has ended. */
  | { readonly type: 'stage-point'; readonly stage: StageName; readonly point: CurvePoint; readonly time: number }
  | { readonly type: 'stage-output'; readonly stage: StageName; readonly text: string; readonly time: number }
  | { readonly type: 'stage-retrying'; readonly stage: StageName; readonly message: string; readonly time: number }
  | {
      readonly type: 'stage-finished';
      readonly stage: StageName;
      readonly outcome: Outcome;
      /** Of the work done now: 0 where it was up to date. */
      readonly seconds: number;
      /** Why it failed or was blocked; what was expected, got, where. */
      readonly message?: string;
      /** The last lines of the log, on failure. */
      readonly logTail?: readonly string[];
      readonly highlights: readonly Highlight[];
      /** Published paths by port, relative to the root. */
      readonly outputs: Readonly<Record<string, string>>;
      readonly time: number;
    }
  /** What a stage has to say to its user, and is no reason to worry. */
  | { readonly type: 'info'; readonly stage: StageName; readonly message: string; readonly time: number }
  | { readonly type: 'warning'; readonly stage?: StageName; readonly message: string; readonly time: number }
  | {
      readonly type: 'run-finished';
      readonly run: string;
      readonly ok: boolean;
      readonly interrupted: boolean;
      readonly counts: Readonly<Record<Outcome, number>>;
      /** Where the run's page is, relative to the root; absent where there is none. */
      readonly report?: string;
      readonly seconds: number;
      readonly time: number;
    };

/** An event of one stage without the stage's name and the time, which are added where it is emitted. */
export type StageEvent = WithoutStage<RunEvent>;
type WithoutStage<E> = E extends unknown ? ('stage' extends keyof E ? Omit<E, 'stage' | 'time'> : never) : never;

/** Anything that listens to a run. `close` is called once, after `run-finished`. */
export interface Reporter {
  event(event: RunEvent): void;
  close(): void;
}
