import type { RunEvent } from '../../engine/events.ts';
import { emptyRun, type RunListener, type RunModel } from '../run-model.ts';
import type { OutputStream, Paint } from './colour.ts';
import { eventLine } from './event-line.ts';
import { formatQuietSummary } from './format-summary.ts';

/** Only warnings, failures and how the run ended. */
export class QuietReporter implements RunListener {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  #run = emptyRun;

  constructor(stream: OutputStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  event(event: RunEvent, run: RunModel): void {
    this.#run = run;
    const isBad = event.type === 'stage-finished' && event.outcome === 'failed';
    if (!isBad && event.type !== 'warning' && event.type !== 'stage-retrying') return;
    this.#stream.write(`${eventLine(event, undefined, this.#paint)}\n`);
  }

  close(): void {
    for (const line of formatQuietSummary(this.#run, this.#paint)) this.#stream.write(`${line}\n`);
  }
}
