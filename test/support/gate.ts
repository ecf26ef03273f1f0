import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * A place where stages wait until the test lets them pass: a named pipe, from which each takes one line. Opened for
 * both, so that neither side waits for the other to come.
 */
export class Gate {
  readonly #file: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.#file = openSync(path, constants.O_RDWR);
  }

  /** Lets so many stages pass, whether they wait already or come later. */
  pass(count = 1): void {
    writeSync(this.#file, '\n'.repeat(count));
  }

  close(): void {
    closeSync(this.#file);
  }
}
