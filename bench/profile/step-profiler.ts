import { performance } from 'node:perf_hooks';
import type { ObservedRun, RunObserver } from '../../src/backend/running/compiled-trace.ts';

/** A run as it is kept: without its arrays. */
export interface KeptRun extends Omit<ObservedRun, 'live'> {
  readonly signature: string;
  /** The calls of its trace. */
  readonly calls: readonly Pick<ObservedRun['live']['nodes'][number], 'kernel' | 'phase'>[];
  /** Milliseconds in which the process had nothing to do, up to the end of the run. */
  readonly idle: number;
  /** Units of work that the program had counted, up to the end of the run. */
  readonly units: number;
}

interface CpuCall {
  readonly kernel: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What happened from the end of one run of the step's graph to the end of the next. */
export interface ObservedStep {
  readonly startedAt: number;
  readonly endedAt: number;
  /** All runs within, that of the step's graph last. */
  readonly runs: readonly KeptRun[];
  readonly cpuCalls: readonly CpuCall[];
  readonly idle: number;
  readonly units: number;
}

/** The first runs of a graph touch new memory and are left out. */
export const warmUp = 3;

/** Thrown into the program when enough steps were seen. */
export class EnoughSteps extends Error {
  override readonly name = 'EnoughSteps';
}

/**
 * Watches a program that computes the same step again and again, such as training, and ends it when
 * enough steps were seen. It finds out what a step is: what lies between two runs of the graph that
 * takes the most time. Where other graphs run in between only now and then, as at the end of an
 * epoch, that is no step.
 */
export class StepProfiler implements RunObserver {
  readonly #wanted: number;
  readonly #units: () => number;
  readonly #calls = new Map<string, KeptRun['calls']>();
  readonly #runs: KeptRun[] = [];
  readonly #cpuCalls: CpuCall[] = [];
  #enough = false;

  /** @param units the work done so far, as the program counts it, such as images */
  constructor(steps: number, units: () => number = () => 0) {
    this.#wanted = steps;
    this.#units = units;
  }

  /** Whether {@link EnoughSteps} was thrown. */
  get enough(): boolean {
    return this.#enough;
  }

  ran({ live, ...run }: ObservedRun): void {
    const { signature, nodes } = live;
    if (!this.#calls.has(signature)) {
      this.#calls.set(
        signature,
        nodes.map(({ kernel, phase }) => ({ kernel, phase })),
      );
    }
    const calls = this.#calls.get(signature)!;
    const { idle } = performance.eventLoopUtilization();
    this.#runs.push({ ...run, signature, calls, idle, units: this.#units() });
    this.#enough ||= this.#steps().length >= this.#wanted;
    if (this.#enough) throw new EnoughSteps('Enough steps were seen for a profile.');
  }

  ranOnCpu(kernel: string, startedAt: number, endedAt: number): void {
    this.#cpuCalls.push({ kernel, startedAt, endedAt });
  }

  /** The last steps that were seen after the warm-up, at most as many as are wanted. */
  steps(): readonly ObservedStep[] {
    return this.#steps().slice(-this.#wanted);
  }

  #steps(): readonly ObservedStep[] {
    const signature = this.#busiest();
    const ends = this.#runs.flatMap((run, index) => (run.signature === signature ? [index] : []));
    const steps = ends.flatMap((end, i) => {
      const start = ends[i - 1];
      const before = this.#runs[start ?? -1];
      const last = this.#runs[end]!;
      return before !== undefined &&
        isWarm(before) &&
        isWarm(last) &&
        before.profile === last.profile
        ? [this.#between(before, this.#runs.slice(start! + 1, end + 1))]
        : [];
    });
    const usual = mostCommon(steps.map(({ runs }) => runs.length));
    return steps.filter(({ runs }) => runs.length === usual);
  }

  #between(before: KeptRun, runs: readonly KeptRun[]): ObservedStep {
    const last = runs.at(-1)!;
    const startedAt = before.endedAt;
    const endedAt = last.endedAt;
    const cpuCalls = this.#cpuCalls.filter(
      (call) => call.startedAt >= startedAt && call.endedAt <= endedAt,
    );
    return {
      startedAt,
      endedAt,
      runs,
      cpuCalls,
      idle: last.idle - before.idle,
      units: last.units - before.units,
    };
  }

  /** The signature of the graph that took the most time, first runs left out. */
  #busiest(): string | undefined {
    const times = new Map<string, number>();
    for (const { signature, index, startedAt, endedAt } of this.#runs) {
      if (index > 0) times.set(signature, (times.get(signature) ?? 0) + endedAt - startedAt);
    }
    return largest(times);
  }
}

const isWarm = ({ index, settling }: KeptRun): boolean => index >= warmUp - 1 && !settling;

function mostCommon(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return largest(counts);
}

/** The key of the largest value, the first of equal ones. */
const largest = <T>(values: ReadonlyMap<T, number>): T | undefined =>
  [...values].sort(([, a], [, b]) => b - a)[0]?.[0];
