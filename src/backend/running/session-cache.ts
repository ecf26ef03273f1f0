interface Session {
  /** About the bytes that it holds on to; it may change when it runs. */
  readonly weight: number;
  /** How often it ran so far. */
  readonly runs: number;
  /** Gives back the memory of its graph, which its next run compiles again, for the same bits. */
  release(): void;
  dispose(): void;
}

/** Bytes from which on a graph is large: the memory of two would be what a training takes. */
export const LARGE = 2 ** 30;

/**
 * Compiled traces by signature, the least recently used disposed of when there are too many or they
 * weigh too much.
 */
export class SessionCache<S extends Session> {
  /** In the order of use, the latest last. */
  readonly #sessions = new Map<string, S>();
  readonly #limits: { readonly sessions: number; readonly weight: number };

  /** @param limits of how many there are, and of the sum of their weights */
  constructor(limits: { readonly sessions: number; readonly weight: number }) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get weight(): number {
    return [...this.#sessions.values()].reduce((sum, { weight }) => sum + weight, 0);
  }

  all(): Iterable<S> {
    return this.#sessions.values();
  }

  get(signature: string): S | undefined {
    const session = this.#sessions.get(signature);
    if (session === undefined) return undefined;
    this.#sessions.delete(signature);
    this.#sessions.set(signature, session);
    return session;
  }

  add(signature: string, session: S): void {
    this.#sessions.set(signature, session);
    this.trim();
  }

  /**
   * Releases large sessions that ran only once, before another large one is compiled. The first
   * step of a training is such a graph: weights that begin as ones are operations in it, in all
   * further steps they are fed.
   */
  makeRoom(): void {
    for (const session of this.#sessions.values())
      if (session.runs === 1 && session.weight >= LARGE) session.release();
  }

  /**
   * Disposes of sessions until the limits hold. The one that was used last stays, even where it
   * alone exceeds them.
   */
  trim(): void {
    let { weight } = this;
    for (const [oldest, session] of this.#sessions) {
      const within = this.size <= this.#limits.sessions && weight <= this.#limits.weight;
      if (within || this.size === 1) return;
      this.#sessions.delete(oldest);
      weight -= session.weight;
      session.dispose();
    }
  }

  clear(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }
}
