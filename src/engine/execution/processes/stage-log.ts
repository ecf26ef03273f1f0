import { closeSync, openSync, writeFileSync } from 'node:fs';
import { creatingFolder } from '../../files/write-atomic.ts';
import { writeError } from '../../files/write-error.ts';

/**
 * A log file, made at its first line. On a full disk it ends with a warning: the stage is worth
 * more than its log.
 */
export class StageLog {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  #fd: number | undefined;
  #isCut = false;

  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  write(text: string): void {
    if (this.#isCut) return;
    try {
      this.#fd ??= creatingFolder(this.#path, () => openSync(this.#path, 'a'));
      writeFileSync(this.#fd, text); // all of it, where writeSync may write a part
    } catch (error) {
      this.#isCut = true;
      const { message } = writeError(`its log ${this.#path}`, error) as Error;
      this.#warn(`${message} The stage continues, and its log ends there.`);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
