const mebibyte = 1024 ** 2;

type Use = 'charts' | 'images' | 'tables' | 'logs';

/** Bytes that a page may still take, so that it can be sent by mail; each use has its own share. */
export class PageRoom {
  readonly #left: Record<Use, number>;
  isExceeded = false;

  constructor(less: Partial<Record<Use, number>> = {}) {
    this.#left = {
      charts: 16 * mebibyte,
      images: 6 * mebibyte,
      tables: 2 * mebibyte,
      logs: 2 * mebibyte,
      ...less,
    };
  }

  /** Takes this much room if there is; returns whether there was. */
  take(use: Use, bytes: number): boolean {
    const isEnough = bytes <= this.#left[use];
    if (isEnough) this.#left[use] -= bytes;
    else this.isExceeded = true;
    return isEnough;
  }
}
