import type { StageName } from '../../src/engine/config/pipeline.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import type { Reason } from '../../src/engine/plan/decide.ts';
import type { Outcome } from '../../src/engine/store/runs/outcome.ts';
import { type RunListener, RunListeners } from '../../src/reporting/run-model.ts';
import type { Highlight, Progress } from '../../src/stage.ts';

type Finish = Partial<
  Pick<
    Extract<RunEvent, { type: 'stage-finished' }>,
    'message' | 'resumes' | 'logTail' | 'highlights' | 'outputs'
  >
>;

/** Sends a reporter the events of a run, each by one short call. Time passes only by `wait`. */
export class RunScript {
  readonly #reporter: RunListeners;
  readonly #counts: Record<Outcome, number> = {
    'up to date': 0,
    restored: 0,
    ran: 0,
    failed: 0,
    blocked: 0,
    cancelled: 0,
  };
  readonly #startedAt = new Map<string, number>();
  /** Milliseconds since the epoch. */
  now = 1_000_000;

  constructor(reporter: RunListener) {
    this.#reporter = new RunListeners(reporter);
  }

  begin(
    stages: readonly string[],
    finals: readonly string[] = stages,
    ends?: readonly string[],
  ): this {
    const names = {
      stages: stages as StageName[],
      finals: finals as StageName[],
      ...(ends !== undefined && { ends: ends as StageName[] }),
    };
    return this.#tell({
      type: 'run-started',
      run: 'r1',
      pipeline: 'experiments/xception',
      ...names,
      time: this.now,
    });
  }

  wait(seconds: number): this {
    this.now += 1000 * seconds;
    return this;
  }

  stale(stage: string, ...reasons: Reason[]): this {
    return this.#tell({
      type: 'stage-decided',
      stage: stage as StageName,
      decision: { state: 'stale', reasons },
      time: this.now,
    });
  }

  start(stage: string, kind: string, attempt = 1, attempts = 1): this {
    this.#startedAt.set(stage, this.now);
    return this.#tell({
      type: 'stage-started',
      stage: stage as StageName,
      kind,
      attempt,
      attempts,
      time: this.now,
    });
  }

  progress(stage: string, done: number, total: number, unit: string, note?: string): this {
    const progress: Progress =
      note === undefined ? { done, total, unit } : { done, total, unit, note };
    return this.#tell({
      type: 'stage-progress',
      stage: stage as StageName,
      progress,
      time: this.now,
    });
  }

  prints(stage: string, text: string): this {
    return this.#tell({ type: 'stage-output', stage: stage as StageName, text, time: this.now });
  }

  retries(stage: string, message: string): this {
    return this.#tell({
      type: 'stage-retrying',
      stage: stage as StageName,
      message,
      time: this.now,
    });
  }

  waitsFor(stage: string, what: string): this {
    return this.#tell({
      type: 'stage-waiting',
      stage: stage as StageName,
      for: what,
      time: this.now,
    });
  }

  warns(message: string, stage?: string): this {
    const of = stage === undefined ? {} : { stage: stage as StageName };
    return this.#tell({ type: 'warning', ...of, message, time: this.now });
  }

  ends(stage: string, outcome: Outcome, more: Finish = {}): this {
    this.#counts[outcome]++;
    const seconds =
      outcome === 'up to date' ? 0 : (this.now - (this.#startedAt.get(stage) ?? this.now)) / 1000;
    const defaults = { highlights: [] as readonly Highlight[], outputs: {}, ...more };
    return this.#tell({
      type: 'stage-finished',
      stage: stage as StageName,
      outcome,
      seconds,
      ...defaults,
      time: this.now,
    });
  }

  /** The run's end, after which the reporter is closed. */
  finish(interrupted = false, report?: string): void {
    const ok =
      !interrupted && this.#counts.failed + this.#counts.blocked + this.#counts.cancelled === 0;
    const seconds = (this.now - 1_000_000) / 1000;
    const page = report === undefined ? {} : { report };
    const counts = this.#counts;
    this.#tell({
      type: 'run-finished',
      run: 'r1',
      ok,
      interrupted,
      counts,
      ...page,
      seconds,
      time: this.now,
    });
    this.#reporter.close();
  }

  #tell(event: RunEvent): this {
    this.#reporter.event(event);
    return this;
  }
}
