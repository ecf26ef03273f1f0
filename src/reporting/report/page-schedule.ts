/** Milliseconds from the first work to the first page, so that a short run writes one page only. */
const firstPause = 2_500;
/** The least milliseconds between two pages, by what is new. */
export const leastPauses = { change: 1_000, progress: 10_000 } as const;
/** Writing takes at most this share of the time. */
const share = 1 / 25;
/**
 * Milliseconds after which the page is written again although nothing happened: its reader sees
 * that the run is alive.
 */
const heartbeat = 5 * 60_000;

/** Decides when the page of a running run is written again. */
export class PageSchedule {
  readonly #write: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #heart: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** When the last page was done, and how long it took, in milliseconds. */
  #last: { readonly at: number; readonly took: number } | undefined;
  #isOver = false;

  /** `write` never rejects. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  get hasBegun(): boolean {
    return this.#last !== undefined;
  }

  /** Asks for a page, at least `least` milliseconds after the last. */
  ask(least: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined || this.#isOver) return;
    this.#heart ??= setInterval(() => this.ask(0), heartbeat).unref();
    const due = this.#last && this.#last.at + Math.max(least, this.#last.took / share);
    const wait = due === undefined ? firstPause : due - performance.now();
    this.#timer = setTimeout(() => this.#renew(), Math.max(0, wait)).unref();
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  #renew(): void {
    this.#timer = undefined;
    const startedAt = performance.now();
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      this.#last = { at: performance.now(), took: performance.now() - startedAt };
    });
  }
}
