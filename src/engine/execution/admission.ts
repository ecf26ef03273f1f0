import { readdirSync } from 'node:fs';
import { usableCores, usableMemory } from '../../machine-limits.ts';
import type { Resources } from '../config/pipeline.ts';
import type { IdleWorkers } from './idle-workers.ts';

export interface Grant extends Resources {
  release(): void;
}

interface Waiting {
  readonly want: Resources;
  readonly admit: (grant: Grant) => void;
}

/**
 * Admits stages in strict order while cores, GPUs and memory last, so that small ones do not starve a large one. A
 * stage that asks for more than the machine has gets all of it.
 */
export class Admission {
  readonly #capacity: Resources;
  readonly #slots: number;
  readonly #queue: Waiting[] = [];
  readonly #held = new Set<Resources>();

  readonly #idle: IdleWorkers | undefined;

  /** At most `slots` stages run at once, whatever they ask for. Idle workers end when a stage needs their memory. */
  constructor(capacity: Resources, slots: number, idle?: IdleWorkers) {
    this.#capacity = capacity;
    this.#slots = slots;
    this.#idle = idle;
  }

  /** Resolves with the share. Rejects with the signal's reason where that is aborted first. */
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
      const free = this.#free();
      if (this.#held.size >= this.#slots || !fits(head.want, free)) return;
      if (this.#idle !== undefined && this.#idle.memory > free.memory - head.want.memory) void this.#idle.end();
      this.#queue.shift();
      head.admit(this.#grant(head.want));
    }
  }

  /** Summed again each time. A running sum of decimal shares drifts: with all given back, not all would be free. */
  #free(): Resources {
    return [...this.#held].reduce(less, this.#capacity);
  }

  #grant(share: Resources): Grant {
    this.#held.add(share);
    return {
      ...share,
      release: () => {
        if (!this.#held.delete(share)) return;
        setImmediate(() => this.#admit()); // first the end of the stage is reported
      },
    };
  }
}

const clamp = (want: Resources, most: Resources): Resources => ({
  cpu: Math.min(want.cpu, most.cpu),
  gpu: Math.min(want.gpu, most.gpu),
  memory: Math.min(want.memory, most.memory),
});

/** The rounding error of decimal shares that fill the machine exactly. */
const tolerance = 1e-9;

const fits = (want: Resources, free: Resources): boolean =>
  want.cpu <= free.cpu + tolerance && want.gpu <= free.gpu + tolerance && want.memory <= free.memory + tolerance;

const less = (free: Resources, share: Resources): Resources => ({
  cpu: free.cpu - share.cpu,
  gpu: free.gpu - share.gpu,
  memory: free.memory - share.memory,
});

/** Cores, GPUs (of CUDA_VISIBLE_DEVICES, else NVIDIA's devices) and bytes of memory of this machine or container. */
export function machineCapacity(env: NodeJS.ProcessEnv = process.env): Resources {
  return { cpu: usableCores(), gpu: countGpus(env), memory: usableMemory() };
}

function countGpus(env: NodeJS.ProcessEnv): number {
  const chosen = env['CUDA_VISIBLE_DEVICES'];
  if (chosen !== undefined) return chosen === '' || chosen === '-1' ? 0 : chosen.split(',').length;
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
