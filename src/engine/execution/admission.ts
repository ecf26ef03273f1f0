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
  readonly #held = new Set<Resources>();

  /** `slots` bounds how many run at once, whatever they ask for. */
  constructor(capacity: Resources, slots: number) {
    this.#capacity = capacity;
    this.#slots = slots;
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
      if (this.#held.size >= this.#slots || !fits(head.want, this.#free())) return;
      this.#queue.shift();
      head.admit(this.#grant(head.want));
    }
  }

  /** Summed anew each time: a running sum of decimal shares drifts, and where all was given back not all would be free. */
  #free(): Resources {
    return [...this.#held].reduce(less, this.#capacity);
  }

  #grant(share: Resources): Grant {
    this.#held.add(share);
    return {
      ...share,
      release: () => {
        if (!this.#held.delete(share)) return;
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

/** By how much decimal shares that fill the machine exactly may seem to exceed it. */
const tolerance = 1e-9;

const fits = (want: Resources, free: Resources): boolean =>
  want.cpu <= free.cpu + tolerance && want.gpu <= free.gpu + tolerance && want.memory <= free.memory + tolerance;

const less = (free: Resources, share: Resources): Resources => ({
  cpu: free.cpu - share.cpu,
  gpu: free.gpu - share.gpu,
  memory: free.memory - share.memory,
});
