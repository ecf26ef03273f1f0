import type { LiveTrace } from '../trace.ts';
import type { GraphRun } from './compiled-trace.ts';

/** Is called for everything that a backend computes, for a profile. Its exceptions reach the reader of the value. */
export interface RunObserver {
  /** A graph ran; times in milliseconds, as `performance.now()` gives them. */
  ran(run: ObservedRun): void;
  /** A kernel ran on tfjs's cpu backend; the time may include runs that computed its inputs. */
  ranOnCpu(kernel: string, startedAt: number, endedAt: number): void;
}

export interface ObservedRun extends GraphRun {
  readonly live: LiveTrace;
  readonly startedAt: number;
  readonly endedAt: number;
}
