import type { StageName } from '../../engine/config/pipeline.ts';
import type { Reporter, RunEvent } from '../../engine/events.ts';
import { CollectedRun } from './collect-run.ts';
import type { Paint } from './colour.ts';
import { formatNews } from './format-news.ts';
import { formatSummary } from './format-summary.ts';
import type { OutputStream } from './output-stream.ts';
import { progressParts } from './progress-parts.ts';
import { RunningStages } from './running-stages.ts';

/** Milliseconds between two lines of progress of a stage. */
const progressInterval = 10_000;

/** A line for each event of interest, for logs and wherever there is no terminal. It has no clock: times are the events'. */
export class PlainReporter implements Reporter {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  readonly #run = new CollectedRun();
  readonly #running = new RunningStages();
  readonly #progressShownAt = new Map<StageName, number>();

  constructor(stream: OutputStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  event(event: RunEvent): void {
    this.#run.apply(event);
    this.#running.apply(event);
    if (event.type === 'stage-started') this.#start(event);
    if (event.type === 'stage-progress') this.#progress(event.stage, event.time);
    const news = formatNews(event, this.#run.reasons, this.#paint);
    if (news !== undefined) this.#write(news);
  }

  close(): void {
    for (const line of formatSummary(this.#run, this.#paint)) this.#write(line);
  }

  #start({ stage, kind, attempt, attempts, time }: Extract<RunEvent, { type: 'stage-started' }>): void {
    this.#progressShownAt.set(stage, time);
    const why = attempt > 1 ? `attempt ${attempt} of ${attempts}` : this.#run.reasons.get(stage);
    this.#run.reasons.delete(stage); // told once
    this.#write(
      `${this.#paint('cyan', '▸')} ${stage}: ${kind}${why === undefined ? '' : this.#paint('dim', ` (${why})`)}`,
    );
  }

  #progress(stage: StageName, time: number): void {
    const running = this.#running.get(stage);
    if (running === undefined || time - (this.#progressShownAt.get(stage) ?? 0) < progressInterval) return;
    this.#progressShownAt.set(stage, time);
    this.#write(`${this.#paint('dim', '…')} ${stage}: ${progressParts(running).join(', ')}`);
  }

  #write(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}
