/**
 * Room in memory for whole values: work with several runs side by side as far as they fit into a
 * number of bytes. One that is larger than all of it runs alone.
 */
export class ByteRoom {
  readonly #size: number;
  #free: number;
  #waiting: (() => void)[] = [];

  /** `size` in bytes. */
  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  /** Runs `work` as soon as there is room for `bytes`. */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const held = Math.min(bytes, this.#size);
    while (held > this.#free) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= held;
    try {
      return await work();
    } finally {
      // In the next turn: whoever awaits the bytes has read them by then.
      setImmediate(() => this.#release(held));
    }
  }

  #release(bytes: number): void {
    this.#free += bytes;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tryAgain of waiting) tryAgain();
  }
}
