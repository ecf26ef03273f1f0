import type { LiveTrace } from '../trace.ts';
import type { GraphRun } from './compiled-trace.ts';

/** Hears of all that a backend computes, for a profile. What it throws, the reader of the value gets. */
export interface RunObserver {
  /** A graph ran; times in milliseconds, as `performance.now()` gives them. */
  ran(run: ObservedRun): void;
  /** A kernel ran on tfjs's cpu backend; in its time may lie runs, which made its inputs. */
  ranOnCpu(kernel: string, startedAt: number, endedAt: number): void;
}

export interface ObservedRun extends GraphRun {
  readonly live: LiveTrace;
  readonly startedAt: number;
  readonly endedAt: number;
}
