import stringWidth from 'string-width';
import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatWholeSeconds, shareDone } from '../../format-numbers.ts';
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
import { terminalText, writeRaw } from './terminal-text.ts';
import { clip, padEnd } from './text-layout.ts';
import { progressParts } from './time-left.ts';

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
/** Columns of a bar; a narrow terminal keeps the room for the words. */
const barWidth = (columns: number): number => (columns < 100 ? 10 : 20);

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
  const width = barWidth(columns);
  const full = Math.floor(shareDone(progress) * width);
  const bar = paint.cyan('█'.repeat(full)) + paint.dim('░'.repeat(width - full));
  const [percent = '', ...parts] = progressParts(stage);
  return `${bar} ${percent.padStart(5)}  ${parts.join('  ')}${tried}`;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseToEndOfLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * The last lines of a terminal, redrawn by one write without flicker, the cursor hidden until
 * `close` or exit.
 */
class LiveRegion {
  readonly #stream: OutputStream;
  readonly #coloured: boolean;
  #lines: readonly string[] = [];
  #cursorHidden = false;
  readonly #restoreCursor = () => {
    if (this.#cursorHidden) writeRaw(this.#stream, showCursor);
  };

  constructor(stream: OutputStream, coloured: boolean) {
    this.#stream = stream;
    this.#coloured = coloured;
  }

  draw(finished: readonly string[], lines: readonly string[]): void {
    const unchanged =
      lines.length === this.#lines.length && lines.every((line, i) => line === this.#lines[i]);
    if (finished.length === 0 && unchanged) return;
    let text = this.#toTop();
    if (lines.length > 0 && !this.#cursorHidden) {
      text = hideCursor + text;
      this.#cursorHidden = true;
      process.once('exit', this.#restoreCursor);
    }
    if (finished.length > 0)
      text += eraseBelow + finished.map((line) => `${this.#shown(line)}\n`).join('');
    for (const line of lines) text += `${this.#shown(line)}${eraseToEndOfLine}\n`;
    if (finished.length === 0) text += eraseBelow; // also rows that a narrower terminal had wrapped
    this.#lines = lines;
    writeRaw(this.#stream, text);
  }

  /** Only the codes of this class move the cursor. */
  #shown(line: string): string {
    return terminalText(line, this.#coloured);
  }

  close(finished: readonly string[]): void {
    this.draw(finished, []);
    this.#restoreCursor();
    this.#cursorHidden = false;
    process.off('exit', this.#restoreCursor);
  }

  /**
   * Moves to the region's first line. A terminal made narrower has wrapped the lines meanwhile, so
   * rows are counted again.
   */
  #toTop(): string {
    const columns = this.#stream.columns ?? Number.POSITIVE_INFINITY;
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)),
      0,
    );
    return rows > 0 ? `\r\u001b[${rows}A` : '';
  }
}
