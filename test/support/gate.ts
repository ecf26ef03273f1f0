import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * A gate where stages wait until the test lets them pass: a named pipe, from which each reads one
 * line. It is open for reading and writing, so that opening it never blocks.
 */
export class Gate {
  readonly #file: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.#file = openSync(path, constants.O_RDWR);
  }

  /** Lets `count` stages pass, whether they wait already or come later. */
  pass(count = 1): void {
    writeSync(this.#file, '\n'.repeat(count));
  }

  close(): void {
    closeSync(this.#file);
  }
}
