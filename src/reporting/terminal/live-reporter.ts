import stringWidth from 'string-width';
import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatWholeSeconds } from '../../format-numbers.ts';
import {
  emptyRun,
  type RunListener,
  type RunModel,
  reasonsOf,
  type StageModel,
  stageNamed,
} from '../run-model.ts';
import type { OutputStream, Paint } from './colour.ts';
import { describeQueued, describeTraffic, eventLine } from './event-line.ts';
import { formatSummary } from './format-summary.ts';
import { LiveRegion } from './live-region.ts';
import { progressBar } from './progress-bar.ts';
import { clip, padEnd } from './text-layout.ts';

/** Calls `tick` with the time again and again, until the function that it returns is called. */
type Ticker = (tick: (now: number) => void) => () => void;

/** Ten times a second, without keeping the process alive. */
const wallTicker: Ticker = (tick) => {
  const timer = setInterval(() => tick(Date.now()), 100);
  timer.unref();
  return () => clearInterval(timer);
};

/** Rows for running stages, at most, however high the terminal. */
const mostRows = 16;
const longestName = 32;

/**
 * A run on a terminal: bars of running stages below finished lines. Drawn at ticks, so that many
 * stages stay cheap.
 */
export class LiveReporter implements RunListener {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  readonly #region: LiveRegion;
  readonly #stop: () => void;
  #run = emptyRun;
  #finished: string[] = [];

  constructor(stream: OutputStream, paint: Paint, ticker: Ticker = wallTicker) {
    this.#stream = stream;
    this.#paint = paint;
    this.#region = new LiveRegion(stream, paint.isColorSupported);
    this.#stop = ticker((now) => this.#draw(now));
  }

  event(event: RunEvent, run: RunModel): void {
    this.#run = run;
    const ended = event.type === 'stage-finished' ? stageNamed(run, event.stage) : undefined;
    const why = ended && reasonsOf(ended)[0];
    const line = eventLine(event, why, this.#paint);
    if (line !== undefined) this.#finished.push(line);
  }

  close(): void {
    this.#stop();
    this.#region.close([...this.#finished, ...formatSummary(this.#run, this.#paint)]);
  }

  #draw(now: number): void {
    const finished = this.#finished;
    this.#finished = [];
    const isUnderWay = this.#run.stages.length > 0 && this.#run.end === undefined;
    this.#region.draw(finished, isUnderWay ? this.#lines(now) : []);
  }

  #lines(now: number): readonly string[] {
    // A full last column would wrap on some terminals.
    const columns = (this.#stream.columns ?? 80) - 1;
    const rows = Math.max(1, Math.min(mostRows, (this.#stream.rows ?? 24) - 3));
    const lines = [
      ...runningRows(this.#run.stages, now, { columns, rows, paint: this.#paint }),
      this.#footer(now),
    ];
    return lines.map((line) => clip(line.replaceAll(/[\t\n]/g, ' '), columns));
  }

  #footer(now: number): string {
    const { stages, startedAt, traffic } = this.#run;
    const count = (state: StageModel['state']) =>
      stages.filter((stage) => stage.state === state).length;
    const running = count('running');
    const failed = count('failed');
    const [queued, ...others] = stages.flatMap(
      (stage) => (stage.state === 'waiting' && stage.queued) || [],
    );
    const done = stages.length - running - count('waiting');
    return [
      `${formatCount(done)} of ${formatCount(stages.length)} done, ${formatCount(running)} running`,
      queued === undefined
        ? ''
        : `, ${formatCount(others.length + 1)} queued: ${describeQueued(queued)}`,
      failed > 0 ? this.#paint.red(`, ${formatCount(failed)} failed`) : '',
      traffic === undefined ? '' : `, ${describeTraffic(traffic)}`,
      this.#paint.dim(`, ${formatWholeSeconds((now - startedAt) / 1000)}`),
    ].join('');
  }
}

interface Space {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

/**
 * A row for each running stage, as many as fit, the longest running first; the last says how many
 * are left out.
 */
function runningRows(stages: readonly StageModel[], now: number, space: Space): readonly string[] {
  const running = stages
    .flatMap((stage) =>
      stage.state === 'running' && stage.attempt ? [{ ...stage, attempt: stage.attempt }] : [],
    )
    .sort((a, b) => a.attempt.startedAt - b.attempt.startedAt);
  const visible = running.length > space.rows ? running.slice(0, space.rows - 1) : running;
  const nameWidth = Math.min(
    longestName,
    Math.max(0, ...visible.map(({ name }) => stringWidth(name))),
  );
  const lines = visible.map((stage) => {
    const name = padEnd(clip(stage.name, nameWidth), nameWidth);
    return `  ${name}  ${rowOf(stage, now, space)}`;
  });
  const hidden = running.length - visible.length;
  return hidden > 0 ? [...lines, space.paint.dim(`  … and ${hidden} more running`)] : lines;
}

type RunningStage = StageModel & { readonly attempt: NonNullable<StageModel['attempt']> };

function rowOf(stage: RunningStage, now: number, { columns, paint }: Space): string {
  const { attempt, progress } = stage;
  const tried = attempt.number > 1 ? paint.yellow(`  attempt ${attempt.number}/${attempt.of}`) : '';
  if (progress === undefined) {
    const printed = attempt.lastLine === undefined ? '' : paint.dim(`  ${attempt.lastLine}`);
    return `${formatWholeSeconds((now - attempt.startedAt) / 1000)}${tried}${printed}`;
  }
  return `${progressBar(stage, columns, paint)}${tried}`;
}
