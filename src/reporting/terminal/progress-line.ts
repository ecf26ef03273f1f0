import type { Progress } from '../../stage.ts';
import { type Pace, paceAfter } from '../pace.ts';
import { canDraw, createPaint, type OutputStream, wantsColour } from './colour.ts';
import { LiveRegion } from './live-region.ts';
import { progressBar } from './progress-bar.ts';
import { clip } from './text-layout.ts';
import { progressParts } from './time-left.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Milliseconds between two drawings, and between two lines where nothing can be drawn. */
const drawn = 100;
const printed = 10_000;

/**
 * The progress of a command that is no run: a bar at the end of a terminal, and elsewhere a line
 * every ten seconds. Times are milliseconds since the epoch.
 */
export class ProgressLine {
  readonly #stream: OutputStream;
  readonly #region: LiveRegion | undefined;
  readonly #isColoured: boolean;
  #step = '';
  #pace: Pace = { samples: [] };
  /** When something was drawn or printed last; before that, when the progress began. */
  #shownAt: number | undefined;

  constructor(stream: OutputStream, env: Env) {
    this.#stream = stream;
    this.#isColoured = wantsColour(stream, env);
    this.#region = canDraw(stream, env) ? new LiveRegion(stream, this.#isColoured) : undefined;
  }

  update(step: string, progress: Progress, now: number): void {
    const before: Pace = step === this.#step ? this.#pace : { samples: [] };
    this.#step = step;
    this.#pace = paceAfter(before, progress, now);
    this.#shownAt ??= now;
    if (now - this.#shownAt < (this.#region === undefined ? printed : drawn)) return;
    this.#shownAt = now;
    if (this.#region === undefined) {
      this.#stream.write(`… ${step}: ${progressParts(this.#pace).join(', ')}\n`);
      return;
    }
    const columns = (this.#stream.columns ?? 80) - 1;
    const bar = progressBar(this.#pace, columns, createPaint(this.#isColoured));
    this.#region.draw([], [clip(`  ${step}  ${bar}`, columns)]);
  }

  /** Removes the bar, before a command prints or ends. */
  clear(): void {
    this.#region?.close([]);
  }
}
