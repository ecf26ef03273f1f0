import { writeFileSync } from 'node:fs';
import type { StageEvent } from '../events.ts';

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
