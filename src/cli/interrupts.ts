import { setMaxListeners } from 'node:events';
import { exitCodes, ignoresHangup } from './process-end.ts';

/**
 * Ctrl-C and the like: the first asks stages to end, the second ends them at once, the third ends
 * this process.
 *
 * A command that runs its stages again and again has one for all its runs, and listens all the
 * time: a signal that comes just when a listener goes would be lost.
 */
export class Interrupts implements Disposable {
  #stop = newController();
  readonly #kill = newController();
  /** Aborted when stages are to end at once. */
  readonly kill: AbortSignal = this.#kill.signal;
  readonly #signals: readonly NodeJS.Signals[] = [
    'SIGINT',
    'SIGTERM',
    ...(ignoresHangup ? [] : ['SIGHUP' as const]),
  ];
  #count = 0;
  #asked = 0;
  /**
   * Whether jobs of a cluster continue after an interrupt. Then only Ctrl-C cancels them, not the
   * end of a session.
   */
  detaches = false;

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  /** Aborted when the stages of the present run are to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether the user interrupted; {@link stop} does not count. */
  get interrupted(): boolean {
    return this.#count > 0;
  }

  /**
   * Milliseconds for a second Ctrl-C, which cancels jobs; undefined where a failure stopped the
   * run.
   */
  get grace(): number | undefined {
    if (!this.interrupted) return undefined;
    return this.#asked > 0 ? 2_000 : 0;
  }

  /** Stops the present run. */
  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  /** After a run: what stopped it alone does not stop the next one, which may have no jobs. */
  endRun(): void {
    if (!this.interrupted) this.#stop = newController();
    this.detaches = false;
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT') this.#asked += 1;
    // The end of a session sends several.
    if (this.detaches && signal !== 'SIGINT' && this.#count > 0) return;
    this.#count += 1;
    if (this.#count > 2) process.exit(exitCodes.interrupted);
    this.#stop.abort(new Error('interrupted'));
    if (this.#count > 1) this.#kill.abort(new Error('interrupted'));
  };
}

function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every stage that waits or runs listens
  return controller;
}
