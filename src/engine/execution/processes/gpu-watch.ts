import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../../../environment.ts';

/** What a graphics card does now. */
export interface CardUse {
  /** The share of the last second in which it computed, 0 to 1. */
  readonly busy: number;
  /** The bytes of its memory that are taken, by all programs together. */
  readonly bytes: number;
}

/** A line has the card's number, its UUID, per cent of the time, MiB. */
const query = [
  '--query-gpu=index,uuid,utilization.gpu,memory.used',
  '--format=csv,noheader,nounits',
  '--loop=1',
];
const mebibyte = 1024 ** 2;
/** Milliseconds after which a line says nothing about now. */
const patience = 5000;

/**
 * NVIDIA's own program beside the stages of a run, which writes once a second what each graphics
 * card does. It ends with the run, even a killed one: a line that nobody reads ends it. A machine
 * without the program has no cards here.
 */
export class GpuWatch {
  readonly #env: Environment;
  readonly #cards = new Map<string, CardUse & { readonly uuid: string; readonly at: number }>();
  #child: ChildProcess | undefined;
  #rest = '';

  constructor(env: Environment) {
    this.#env = env;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const child = spawn('nvidia-smi', query, {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.on('error', () => {}); // there is no such program
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    // It keeps no run alive.
    child.unref();
    if ('unref' in child.stdout && typeof child.stdout.unref === 'function') child.stdout.unref();
  }

  stop(): void {
    this.#child?.kill();
    this.#child = undefined;
    this.#rest = '';
    this.#cards.clear();
  }

  /**
   * What these cards do now, together; all of the machine where none is named. Undefined where
   * nothing is known of them.
   */
  use(names: readonly string[]): CardUse | undefined {
    const now = performance.now();
    const cards = [...this.#cards].flatMap(([index, card]) => {
      const isNamed = names.some((name) => name === index || isPrefix(name, card.uuid));
      return now - card.at < patience && (names.length === 0 || isNamed) ? [card] : [];
    });
    if (cards.length === 0) return undefined;
    return {
      busy: cards.reduce((sum, { busy }) => sum + busy, 0),
      bytes: cards.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const [index = '', uuid = '', percent, mebibytes] = line
        .split(',')
        .map((part) => part.trim());
      const busy = Number(percent) / 100;
      const bytes = Number(mebibytes) * mebibyte;
      // A card that does not tell says `[N/A]`.
      if (!Number.isFinite(busy) || !Number.isFinite(bytes)) continue;
      this.#cards.set(index, { busy, bytes, uuid, at: performance.now() });
    }
  }
}

/** CUDA takes the beginning of a UUID, `GPU-8932f937`, for the whole. */
const isPrefix = (name: string, uuid: string): boolean =>
  name.startsWith('GPU-') && uuid.startsWith(name);
