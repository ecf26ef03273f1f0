import { setMaxListeners } from 'node:events';

/**
 * How runs are told to end: the first interrupt asks stages to end, the second ends them at once.
 *
 * Whoever runs stages again and again has one for all runs: an interrupt between two of them
 * counts.
 */
export class Cancellation {
  #stop = newController();
  readonly #kill = newController();
  /** Aborted when stages are to end at once. */
  readonly kill: AbortSignal = this.#kill.signal;
  #count = 0;
  #interrupts = 0;
  /**
   * Whether jobs of a cluster continue after an interrupt. Then only the user cancels them, not the
   * end of a session.
   */
  detaches = false;

  /** Aborted when the stages of the present run are to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether somebody interrupted; {@link stop} does not count. */
  get interrupted(): boolean {
    return this.#count > 0;
  }

  /**
   * Milliseconds for a second interrupt by the user, which cancels jobs; undefined where a failure
   * stopped the run.
   */
  get grace(): number | undefined {
    if (!this.interrupted) return undefined;
    return this.#interrupts > 0 ? 2_000 : 0;
  }

  /** Stops the present run. */
  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  /** Interrupts the present run and all later ones. Returns how many interrupts there were. */
  interrupt(by: 'user' | 'session'): number {
    if (by === 'user') this.#interrupts += 1;
    // The end of a session sends several.
    if (this.detaches && by === 'session' && this.#count > 0) return this.#count;
    this.#count += 1;
    this.#stop.abort(new Error('interrupted'));
    if (this.#count > 1) this.#kill.abort(new Error('interrupted'));
    return this.#count;
  }

  /** After a run: what stopped it alone does not stop the next one, which may have no jobs. */
  endRun(): void {
    if (!this.interrupted) this.#stop = newController();
    this.detaches = false;
  }
}

function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every stage that waits or runs listens
  return controller;
}
