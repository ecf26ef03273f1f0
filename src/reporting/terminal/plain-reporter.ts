import type { RunEvent } from '../../engine/events.ts';
import { emptyRun, type RunListener, type RunModel, reasonsOf, stageNamed } from '../run-model.ts';
import type { OutputStream, Paint } from './colour.ts';
import { eventLine } from './event-line.ts';
import { formatSummary } from './format-summary.ts';
import { progressParts } from './time-left.ts';

/** Milliseconds between two lines of progress of a stage. */
const progressInterval = 10_000;

/**
 * A line for each event of interest, for logs and wherever there is no terminal. Its clock is that
 * of the events.
 */
export class PlainReporter implements RunListener {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  #run = emptyRun;
  readonly #progressShownAt = new Map<string, number>();

  constructor(stream: OutputStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  event(event: RunEvent, run: RunModel): void {
    this.#run = run;
    const line = this.#lineOf(event);
    if (line !== undefined) this.#stream.write(`${line}\n`);
  }

  close(): void {
    for (const line of formatSummary(this.#run, this.#paint)) this.#stream.write(`${line}\n`);
  }

  #lineOf(event: RunEvent): string | undefined {
    const stage =
      'stage' in event && event.stage !== undefined
        ? stageNamed(this.#run, event.stage)
        : undefined;
    if (event.type === 'stage-started') {
      const { stage: name, kind, attempt, attempts, time } = event;
      this.#progressShownAt.set(name, time);
      const why = attempt > 1 ? `attempt ${attempt} of ${attempts}` : stage && reasonsOf(stage)[0];
      return `${this.#paint.cyan('▸')} ${name}: ${kind}${why === undefined ? '' : this.#paint.dim(` (${why})`)}`;
    }
    if (event.type === 'stage-progress') {
      if (
        stage === undefined ||
        event.time - this.#progressShownAt.get(event.stage)! < progressInterval
      )
        return;
      this.#progressShownAt.set(event.stage, event.time);
      return `${this.#paint.dim('…')} ${event.stage}: ${progressParts(stage).join(', ')}`;
    }
    return eventLine(
      event,
      stage && stage.attempt === undefined ? reasonsOf(stage)[0] : undefined,
      this.#paint,
    );
  }
}
