import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { StageEvent } from '../events.ts';
import { jsonLines } from '../files/read-part.ts';

/** How long events are gathered before they are written, in milliseconds. */
const gathering = 200;

/** The events of a stage on a node, appended to a file of one JSON object a line. */
export class MessageFile {
  readonly #path: string;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  add(event: StageEvent): void {
    this.#lines += `${JSON.stringify(event)}\n`;
    this.#timer ??= setTimeout(() => this.#write(), gathering);
  }

  close(): void {
    this.#write();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = '';
    if (lines === '') return;
    try {
      writeFileSync(this.#path, lines, { flag: 'a' });
    } catch {
      // A full disk costs the progress that people see, not the stage.
    }
  }
}

/** Reads what is appended to such a file, whole lines only. */
export class MessageReader {
  readonly #path: string;
  #at = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The events since the last call. */
  read(): readonly StageEvent[] {
    const text = this.#rest();
    const end = text.lastIndexOf('\n') + 1;
    const whole = text.slice(0, end);
    this.#at += Buffer.byteLength(whole);
    return jsonLines(whole);
  }

  #rest(): string {
    let file: number | undefined;
    try {
      file = openSync(this.#path, 'r');
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#at));
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, this.#at));
    } catch {
      return ''; // it is not there yet
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}
