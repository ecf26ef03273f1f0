import type { RunEvent } from '../../engine/events.ts';
import { printableJson } from '../../json.ts';
import { withReasons } from '../pipeline-event.ts';
import {
  emptyRun,
  type RunListener,
  RunListeners,
  type RunModel,
  reasonsOf,
  stageNamed,
} from '../run-model.ts';
import { createPaint, type OutputStream, type Paint, wantsColour } from './colour.ts';
import { eventLine } from './event-line.ts';
import { formatQuietSummary, formatSummary } from './format-summary.ts';
import { LiveReporter } from './live-reporter.ts';
import { progressParts } from './time-left.ts';

/**
 * The reporter of a form; `auto` is live on a terminal that can draw, and plain elsewhere, as in
 * CI.
 */
export function selectReporter(
  form: 'auto' | 'live' | 'plain' | 'quiet' | 'json',
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): RunListener {
  if (form === 'json') return jsonReporter(stream);
  const paint = createPaint(wantsColour(stream, env));
  if (form === 'quiet') return new QuietReporter(stream, paint);
  const canDraw = stream.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return form === 'live' || (form === 'auto' && canDraw)
    ? new LiveReporter(stream, paint)
    : new PlainReporter(stream, paint);
}

/** The same, with the model of the run that it draws from: it takes the events alone. */
export const openReporter = (...parameters: Parameters<typeof selectReporter>): RunListeners =>
  new RunListeners(selectReporter(...parameters));

/**
 * One line of JSON for each event, in order, for other programs. Reasons of decisions come as data
 * and as sentences.
 */
function jsonReporter(stream: OutputStream): RunListener {
  return {
    event: (event) => {
      stream.write(`${printableJson(withReasons(event))}\n`);
    },
    close: () => {},
  };
}

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

/** Only warnings, failures and how the run ended. */
class QuietReporter implements RunListener {
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
