import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';

type Finished = Extract<RunEvent, { type: 'stage-finished' }>;
type RunFinished = Extract<RunEvent, { type: 'run-finished' }>;

/** What is kept of a run for its summary: the beginning, every stage's end, the first reason of each, the end. */
export class CollectedRun {
  pipeline = '';
  /** Those whose outputs are named at the end, in this order, as the run's start says; undefined: all. */
  finals: readonly StageName[] | undefined;
  /** In the order of the pipeline, so that summaries of equal runs are equal. */
  get ends(): readonly Finished[] {
    return [...this.#ends.values()].sort((a, b) => this.#place(a.stage) - this.#place(b.stage));
  }
  /** Why a stage had to run or to be restored, the most important reason. */
  readonly reasons = new Map<StageName, string>();
  end: RunFinished | undefined;

  #places = new Map<StageName, number>();
  readonly #ends = new Map<StageName, Finished>();

  apply(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.pipeline = event.pipeline;
        this.#places = new Map(event.stages.map((name, index) => [name, index]));
        this.finals = event.finals;
        break;
      case 'stage-decided': {
        const [reason] = describeReasons(event.decision);
        if (reason !== undefined) this.reasons.set(event.stage, reason);
        break;
      }
      case 'stage-finished':
        this.#ends.set(event.stage, event);
        break;
      case 'run-finished':
        this.end = event;
        break;
    }
  }

  #place(stage: StageName): number {
    return this.#places.get(stage) ?? this.#places.size;
  }
}
