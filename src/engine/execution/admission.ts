import type { Resources } from '../config/pipeline.ts';
import { cardNames, type Share } from './machine-capacity.ts';
import type { IdleWorkers } from './processes/idle-workers.ts';

/** A share that a stage holds until it is released. */
export interface Grant extends Share {
  release(): void;
}

interface Waiting {
  readonly want: Resources;
  readonly admit: (grant: Grant) => void;
}

/**
 * Admits stages in strict order, so that small ones do not starve a large one. A stage gets at most
 * the whole machine.
 */
export class Admission {
  readonly #capacity: Share;
  readonly #slots: number;
  readonly #queue: Waiting[] = [];
  readonly #held = new Set<Share>();
  readonly #idle: IdleWorkers | undefined;

  /**
   * At most `slots` stages run at once, whatever they ask for. Idle workers end when a stage needs
   * their memory.
   */
  constructor(capacity: Resources & Partial<Share>, slots: number, idle?: IdleWorkers) {
    this.#capacity = { ...capacity, cards: capacity.cards ?? cardNames(capacity.gpu) };
    this.#slots = slots;
    this.#idle = idle;
  }

  /** Resolves with the share. Rejects with the signal's reason where that is aborted first. */
  acquire(want: Resources, signal: AbortSignal): Promise<Grant> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting: Waiting = {
        want: combine(want, this.#capacity, Math.min),
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
      if (this.#idle !== undefined && this.#idle.memory > free.memory - head.want.memory)
        void this.#idle.end();
      const cards = this.#cardsFor(head.want.gpu);
      if (cards === undefined) return;
      this.#queue.shift();
      head.admit(this.#grant({ ...head.want, cards }));
    }
  }

  /**
   * Summed again each time: a running sum of decimal shares drifts, so that in the end not
   * everything would be free.
   */
  #free(): Resources {
    const less: Combine = (free, share) => free - share;
    return [...this.#held].reduce<Resources>(
      (free, share) => combine(free, share, less),
      this.#capacity,
    );
  }

  /** The fullest cards with room for equal parts of `gpu`; undefined while too few have room. */
  #cardsFor(gpu: number): readonly string[] | undefined {
    const count = Math.ceil(gpu);
    if (count === 0) return [];
    const used = (card: string) =>
      [...this.#held].reduce(
        (sum, { cards, gpu }) => sum + (cards.includes(card) ? gpu / cards.length : 0),
        0,
      );
    const rooms = this.#capacity.cards.map((card) => ({ card, used: used(card) }));
    const fit = rooms
      .filter(({ used }) => used + gpu / count <= 1 + tolerance)
      .sort((a, b) => b.used - a.used);
    return fit.length < count ? undefined : fit.slice(0, count).map(({ card }) => card);
  }

  #grant(share: Share): Grant {
    this.#held.add(share);
    return {
      ...share,
      release: () => {
        if (!this.#held.delete(share)) return;
        setImmediate(() => this.#admit()); // after the end of the stage was reported
      },
    };
  }
}

type Combine = (a: number, b: number) => number;

const combine = (a: Resources, b: Resources, by: Combine): Resources => ({
  cpu: by(a.cpu, b.cpu),
  gpu: by(a.gpu, b.gpu),
  memory: by(a.memory, b.memory),
});

/** The rounding error of decimal shares that fill the machine exactly. */
const tolerance = 1e-9;

const fits = (want: Resources, free: Resources): boolean =>
  want.cpu <= free.cpu + tolerance &&
  want.gpu <= free.gpu + tolerance &&
  want.memory <= free.memory + tolerance;
