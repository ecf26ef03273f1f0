import { bytesOf, type HostArray, newArray, type ValueType } from '../trace/trace.ts';

/** Smaller arrays are cheaper to allocate than to keep. */
const SMALLEST = 64 * 1024;

/**
 * Host memory for tensors, reused by byte length, so that memory stays flat: fresh arrays would
 * wait for the garbage collector, which does not see their weight. The contents of a taken array
 * are arbitrary. Nobody may use an array after giving it back.
 */
export class BufferPool {
  /** Never an empty list; in the order of use, the length that was used last comes last. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #capacity: number;
  #bytes = 0;

  /**
   * @param capacity bytes to keep at most; beyond, lengths that were not used for longest go to the
   * garbage collector
   */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes that lie unused in the pool. */
  get bytes(): number {
    return this.#bytes;
  }

  take(dtype: ValueType, size: number): HostArray {
    const length = bytesOf({ shape: [size], dtype });
    const free = this.#withdraw(length);
    const buffer = free.pop();
    if (free.length > 0) this.#free.set(length, free);
    if (buffer === undefined) return newArray(dtype, size);
    this.#bytes -= length;
    return newArray(dtype, buffer);
  }

  give(array: HostArray): void {
    const length = array.byteLength;
    if (length < SMALLEST || length !== array.buffer.byteLength || length > this.#capacity) return;
    const free = this.#withdraw(length);
    free.push(array.buffer);
    this.#free.set(length, free);
    this.#bytes += length;
    for (const [oldest, kept] of this.#free) {
      while (this.#bytes > this.#capacity && kept.pop() !== undefined) this.#bytes -= oldest;
      if (kept.length > 0) return;
      this.#free.delete(oldest);
    }
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }

  /** Takes the free buffers of this length out of the pool. */
  #withdraw(length: number): ArrayBuffer[] {
    const free = this.#free.get(length);
    if (free === undefined) return [];
    this.#free.delete(length);
    return free;
  }
}
