const mebibyte = 1024 ** 2;

type Use = 'charts' | 'images' | 'tables' | 'logs';

/**
 * The bytes that a page may still take in, so that it stays small enough to be sent by mail. Each use has room of its own,
 * so that many images do not cost the charts.
 */
export class PageRoom {
  readonly #left: Record<Use, number>;
  #isExceeded = false;

  constructor(less: Partial<Record<Use, number>> = {}) {
    this.#left = { charts: 16 * mebibyte, images: 6 * mebibyte, tables: 2 * mebibyte, logs: 2 * mebibyte, ...less };
  }

  /** Whether something found no room. */
  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  /** Takes room for so many bytes; false where there is not enough. */
  take(use: Use, bytes: number): boolean {
    const isEnough = bytes <= this.#left[use];
    if (isEnough) this.#left[use] -= bytes;
    else this.#isExceeded = true;
    return isEnough;
  }
}
