/** What the cache keeps of a compiled trace. */
export interface Disposable {
  dispose(): void;
}

interface Entry<S> {
  readonly session: S;
  readonly weight: number;
}

export interface CacheLimits {
  readonly sessions: number;
  /** Sum of the sessions' weights: about the bytes of working memory that they hold on to. */
  readonly weight: number;
}

/** Compiled traces by signature, the least recently used disposed of when there are too many or they weigh too much. */
export class SessionCache<S extends Disposable> {
  /** In the order of use, the latest last. */
  readonly #entries = new Map<string, Entry<S>>();
  readonly #limits: CacheLimits;
  #weight = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(signature: string): S | undefined {
    const entry = this.#entries.get(signature);
    if (entry === undefined) return undefined;
    this.#entries.delete(signature);
    this.#entries.set(signature, entry);
    return entry.session;
  }

  /** Adds a session; it stays even where it alone is over the limits. */
  add(signature: string, session: S, weight: number): void {
    this.#entries.set(signature, { session, weight });
    this.#weight += weight;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.sessions && this.#weight <= this.#limits.weight) break;
      if (oldest === signature) break;
      this.#entries.delete(oldest);
      this.#weight -= entry.weight;
      entry.session.dispose();
    }
  }

  clear(): void {
    for (const { session } of this.#entries.values()) session.dispose();
    this.#entries.clear();
    this.#weight = 0;
  }
}
