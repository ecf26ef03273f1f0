import { Cancellation } from '../../project/cancellation.ts';
import { exitCodes } from './exit-codes.ts';
import { ignoresHangup } from './hangup.ts';

/**
 * Ctrl-C and the like, which interrupt a run: the third one ends this process. {@link Cancellation}
 * says what the first and second do.
 *
 * It listens all the time: a signal that comes just when a listener goes would be lost.
 */
export class Interrupts implements Disposable {
  readonly cancellation: Cancellation = new Cancellation();
  readonly #signals: readonly NodeJS.Signals[] = [
    'SIGINT',
    'SIGTERM',
    ...(ignoresHangup ? [] : ['SIGHUP' as const]),
  ];

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const count = this.cancellation.interrupt(signal === 'SIGINT' ? 'user' : 'session');
    if (count > 2) process.exit(exitCodes.interrupted);
  };
}
