import type { Outcome, Reporter, RunEvent } from '../../engine/events.ts';
import { formatWholeSeconds } from '../../format-numbers.ts';
import { CollectedRun } from './collect-run.ts';
import type { Paint } from './colour.ts';
import { formatNews } from './format-news.ts';
import { formatSummary } from './format-summary.ts';
import { LiveRegion, type RegionLine } from './live-region.ts';
import type { OutputStream } from './output-stream.ts';
import { layOut, runningRows } from './running-rows.ts';
import { RunningStages } from './running-stages.ts';

/** Calls `tick` with the time again and again; what it returns stops it. */
type Ticker = (tick: (now: number) => void) => () => void;

/** Ten times a second, without keeping the process alive. */
const wallTicker: Ticker = (tick) => {
  const timer = setInterval(() => tick(Date.now()), 100);
  timer.unref();
  return () => clearInterval(timer);
};

/** At most this many rows for running stages, however high the terminal. */
const mostRows = 16;

/**
 * A run on a terminal: bars of the running stages at the bottom, what is over scrolls by above. Events are gathered and
 * drawn at the next tick, so that a thousand quick stages cost a few drawings and a run without work costs none.
 */
export class LiveReporter implements Reporter {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  readonly #region: LiveRegion;
  readonly #stop: () => void;
  readonly #run = new CollectedRun();
  readonly #running = new RunningStages();
  #news: string[] = [];
  #total = 0;
  #startedAt = 0;
  readonly #ended = new Map<Outcome, number>();

  constructor(stream: OutputStream, paint: Paint, ticker: Ticker = wallTicker) {
    this.#stream = stream;
    this.#paint = paint;
    this.#region = new LiveRegion(stream);
    this.#stop = ticker((now) => this.#draw(now));
  }

  event(event: RunEvent): void {
    this.#run.apply(event);
    this.#running.apply(event);
    if (event.type === 'run-started') [this.#total, this.#startedAt] = [event.stages.length, event.time];
    if (event.type === 'stage-finished') this.#ended.set(event.outcome, (this.#ended.get(event.outcome) ?? 0) + 1);
    const news = formatNews(event, this.#run.reasons, this.#paint);
    if (news !== undefined) this.#news.push(news);
  }

  close(): void {
    this.#stop();
    this.#region.close([...this.#news, ...formatSummary(this.#run, this.#paint)]);
  }

  #draw(now: number): void {
    const news = this.#news;
    this.#news = [];
    this.#region.draw(news, this.#total === 0 || this.#run.end !== undefined ? [] : this.#lines(now));
  }

  #lines(now: number): readonly RegionLine[] {
    const columns = (this.#stream.columns ?? 80) - 1; // a full last column would wrap on some terminals
    const rows = Math.max(1, Math.min(mostRows, (this.#stream.rows ?? 24) - 3));
    return [...runningRows(this.#running.all, now, { columns, rows, paint: this.#paint }), this.#footer(now, columns)];
  }

  #footer(now: number, columns: number): RegionLine {
    const done = [...this.#ended.values()].reduce((sum, count) => sum + count, 0);
    const failed = this.#ended.get('failed') ?? 0;
    const seconds = formatWholeSeconds((now - this.#startedAt) / 1000);
    const count = (value: number) => value.toLocaleString('en-US');
    const parts = `${count(done)} of ${count(this.#total)} done, ${count(this.#running.all.length)} running`;
    return layOut(
      [[parts], [failed > 0 ? `, ${count(failed)} failed` : '', 'red'], [`, ${seconds}`, 'dim']],
      columns,
      this.#paint,
    );
  }
}
