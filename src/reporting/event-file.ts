import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunEvent } from '../engine/events.ts';
import { jsonLines, LineReader } from '../engine/files/read-part.ts';
import { emptyRun, type RunListener, type RunModel, reduce } from './run-model.ts';

/** Milliseconds between two records of a stage's progress. */
const progressInterval = 1000;

/**
 * Appends a run's events to a file at once, one JSON object a line. It leaves out printed text and
 * thins progress.
 */
export class EventFile implements RunListener {
  #file: number | undefined;
  readonly #warn: (message: string) => void;
  readonly #progressAt = new Map<string, number>();

  /**
   * `warn` is told once if the disk takes no more. A folder that cannot be written to is no reason
   * to warn.
   */
  constructor(path: string, warn: (message: string) => void) {
    this.#warn = warn;
    try {
      this.#file = openSync(path, 'a');
    } catch {
      // The run is not recorded at all: its folder is read-only.
    }
  }

  event(event: RunEvent): void {
    if (this.#file === undefined || event.type === 'stage-output') return;
    if (event.type === 'stage-progress') {
      if (event.time - (this.#progressAt.get(event.stage) ?? 0) < progressInterval) return;
      this.#progressAt.set(event.stage, event.time);
    }
    try {
      writeSync(this.#file, `${JSON.stringify(event)}\n`);
    } catch (error) {
      this.close();
      this.#warn(`The run's events are not recorded any further: ${(error as Error).message}`);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/**
 * A run as its event file tells it, read on as the file grows, whichever process or node writes it.
 */
export class EventReader {
  readonly lines: LineReader;
  model: RunModel = emptyRun;
  /** The time of the last event; absent before the first. */
  lastTime: number | undefined;

  constructor(path: string) {
    this.lines = new LineReader(path);
    this.read();
  }

  /**
   * Reads the added lines; returns whether there were any. A line without an end is still being
   * written, or a kill cut it off.
   */
  read(): boolean {
    const events = jsonLines<RunEvent>(this.lines.read().join('\n'));
    this.model = events.reduce(reduce, this.model);
    this.lastTime = events.at(-1)?.time ?? this.lastTime;
    return events.length > 0;
  }
}
