import { writeFileSync } from 'node:fs';
import type { StageEvent } from '../events.ts';
import { jsonLines, readPart } from '../files/read-part.ts';

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
    this.#timer ??= setTimeout(() => this.flush(), gathering);
  }

  flush(): void {
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

  read(): readonly StageEvent[] {
    try {
      const { text } = readPart(this.#path, Number.POSITIVE_INFINITY, this.#at);
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      this.#at += Buffer.byteLength(whole);
      return jsonLines(whole);
    } catch {
      return []; // it is not there yet
    }
  }
}
