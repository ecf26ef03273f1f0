import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import type { Progress } from '../../stage.ts';
import { Pace } from './pace.ts';

/** A stage between its start and its end, as reporters show it. Times are milliseconds since the epoch. */
export interface RunningStage {
  readonly name: StageName;
  readonly kind: string;
  readonly attempt: number;
  readonly attempts: number;
  readonly startedAt: number;
  readonly pace: Pace;
  progress?: Progress;
  /** The last line that it printed. */
  lastLine?: string;
}

/** Which stages run now, and how far they are: events go in, in order. */
export class RunningStages {
  readonly #stages = new Map<StageName, RunningStage>();

  apply(event: RunEvent): void {
    if (event.type === 'stage-finished') this.#stages.delete(event.stage);
    if (event.type === 'stage-started') {
      const { stage: name, kind, attempt, attempts, time } = event;
      this.#stages.set(name, { name, kind, attempt, attempts, startedAt: time, pace: new Pace() });
    }
    if (event.type === 'stage-progress') {
      const stage = this.#stages.get(event.stage);
      if (stage === undefined) return;
      stage.progress = event.progress;
      stage.pace.observe(event.progress, event.time);
    }
    if (event.type === 'stage-output') {
      const stage = this.#stages.get(event.stage);
      const line = event.text
        .trimEnd()
        .split(/[\r\n]+/)
        .at(-1);
      if (stage !== undefined && line !== undefined && line !== '') stage.lastLine = line;
    }
  }

  get(name: StageName): RunningStage | undefined {
    return this.#stages.get(name);
  }

  /** Longest running first. */
  get all(): readonly RunningStage[] {
    return [...this.#stages.values()];
  }
}
