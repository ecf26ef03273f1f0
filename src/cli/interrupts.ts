import { setMaxListeners } from 'node:events';
import { exitCodes, ignoresHangup } from './process-end.ts';

/** Ctrl-C and the like: the first asks stages to end, the second ends them at once, the third ends this process. */
export class Interrupts implements Disposable {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  /** Aborted when stages are to end, and when they are to end at once. */
  readonly signal: AbortSignal = this.#stop.signal;
  readonly kill: AbortSignal = this.#kill.signal;
  readonly #signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(ignoresHangup ? [] : ['SIGHUP' as const])];
  #count = 0;
  #asked = 0;
  /** Whether jobs of a cluster continue after an interrupt. Then only Ctrl-C cancels them, not the end of a session. */
  detaches = false;

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
    setMaxListeners(0, this.signal, this.kill); // every stage that waits or runs listens
  }

  /** Whether the user interrupted; {@link stop} does not count. */
  get interrupted(): boolean {
    return this.#count > 0;
  }

  /** Milliseconds for a second Ctrl-C, which cancels jobs; undefined where a failure stopped the run. */
  get grace(): number | undefined {
    if (!this.interrupted) return undefined;
    return this.#asked > 0 ? 2_000 : 0;
  }

  stop(): void {
    this.#stop.abort(new Error('stopped'));
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT') this.#asked += 1;
    if (this.detaches && signal !== 'SIGINT' && this.#count > 0) return; // the end of a session sends several
    this.#count += 1;
    if (this.#count > 2) process.exit(exitCodes.interrupted);
    this.#stop.abort(new Error('interrupted'));
    if (this.#count > 1) this.#kill.abort(new Error('interrupted'));
  };
}
