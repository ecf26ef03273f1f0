import type { Resources } from '../config/pipeline.ts';

/** A granted share of the machine; given back once, by `release`. */
export interface Grant extends Resources {
  release(): void;
}

interface Waiting {
  readonly want: Resources;
  readonly admit: (grant: Grant) => void;
}

/**
 * Admits stages while cpu, gpu and memory last, first come first served.
 *
 * A stage that asks for more than the machine has gets all that there is, so that nothing waits forever and the same
 * file runs on a laptop and on a server. The order is strict: a large stage is not starved by small ones behind it.
 */
export class Admission {
  readonly #capacity: Resources;
  readonly #slots: number;
  readonly #queue: Waiting[] = [];
  #free: Resources;
  #freeSlots: number;

  /** `slots` bounds how many run at once, whatever they ask for. */
  constructor(capacity: Resources, slots: number) {
    this.#capacity = capacity;
    this.#free = capacity;
    this.#slots = slots;
    this.#freeSlots = slots;
  }

  /** Resolves when the share is granted; rejects with the signal's reason when aborted while waiting. */
  acquire(want: Resources, signal: AbortSignal): Promise<Grant> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting: Waiting = {
        want: clamp(want, this.#capacity),
        admit: (grant) => {
          signal.removeEventListener('abort', onAbort);
          resolve(grant);
        },
      };
      const onAbort = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.#admit();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (this.#freeSlots === 0 || !fits(head.want, this.#free)) return;
      this.#queue.shift();
      this.#freeSlots -= 1;
      this.#free = add(this.#free, head.want, -1);
      head.admit(this.#grant(head.want));
    }
  }

  #grant(share: Resources): Grant {
    let held = true;
    return {
      ...share,
      release: () => {
        if (!held) return;
        held = false;
        this.#freeSlots = Math.min(this.#slots, this.#freeSlots + 1);
        this.#free = add(this.#free, share, 1);
        setImmediate(() => this.#admit()); // when the end of what released it has been told
      },
    };
  }
}

const clamp = (want: Resources, most: Resources): Resources => ({
  cpu: Math.min(want.cpu, most.cpu),
  gpu: Math.min(want.gpu, most.gpu),
  memory: Math.min(want.memory, most.memory),
});

const fits = (want: Resources, free: Resources): boolean =>
  want.cpu <= free.cpu && want.gpu <= free.gpu && want.memory <= free.memory;

const add = (a: Resources, b: Resources, sign: 1 | -1): Resources => ({
  cpu: a.cpu + sign * b.cpu,
  gpu: a.gpu + sign * b.gpu,
  memory: a.memory + sign * b.memory,
});
