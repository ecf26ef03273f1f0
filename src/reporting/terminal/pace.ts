import type { Progress } from '../../stage.ts';

/** Milliseconds that the rate looks back: long enough to be steady, short enough to follow a change of phase. */
const lookBack = 30_000;

/** Samples closer than this are one. */
const grain = 250;

/** How fast a stage gets on, from its reports: units a second over the last half minute. */
export class Pace {
  #samples: { readonly done: number; readonly time: number }[] = [];
  #last: Progress | undefined;

  /** `time` in milliseconds, not before that of the last report. */
  observe(progress: Progress, time: number): void {
    const last = this.#last;
    const isNewPhase = last !== undefined && (progress.unit !== last.unit || progress.done < last.done);
    if (isNewPhase) this.#samples = [];
    this.#last = progress;
    const [before, latest] = this.#samples.slice(-2);
    if (before !== undefined && latest !== undefined && latest.time - before.time < grain) this.#samples.pop();
    this.#samples.push({ done: progress.done, time });
    while ((this.#samples[1]?.time ?? time) < time - lookBack) this.#samples.shift();
  }

  /** Units a second; undefined until a second of reports and some progress are there. */
  get rate(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const seconds = (last.time - first.time) / 1000;
    const done = last.done - first.done;
    return seconds >= 1 && done > 0 ? done / seconds : undefined;
  }

  get secondsLeft(): number | undefined {
    const { rate } = this;
    return rate === undefined || this.#last === undefined
      ? undefined
      : Math.max(0, this.#last.total - this.#last.done) / rate;
  }
}
