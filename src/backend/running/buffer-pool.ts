import { bytesPerElement, type HostArray, type ValueType } from '../dtype.ts';

/** Smaller arrays are cheaper to allocate than to keep. */
const SMALLEST = 64 * 1024;

/**
 * Host memory for tensors, used again by byte length. A training step's outputs have the same sizes each time, so
 * memory stays flat where fresh arrays would wait for the garbage collector, which does not see their weight.
 *
 * Contents of a taken array are arbitrary. Whoever gives one back must hold no view of it any more.
 */
export class BufferPool {
  /** Never an empty list; in the order of use, the length that was used last comes last. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #capacity: number;
  #bytes = 0;

  /** @param capacity bytes to keep at most; beyond, lengths that were not used for longest go to the garbage collector */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes that lie unused in the pool. */
  get bytes(): number {
    return this.#bytes;
  }

  take(dtype: ValueType, size: number): HostArray {
    const length = size * bytesPerElement(dtype);
    const free = this.#withdraw(length);
    const buffer = free.pop();
    if (free.length > 0) this.#free.set(length, free);
    if (buffer === undefined) return viewOf(dtype, new ArrayBuffer(length));
    this.#bytes -= length;
    return viewOf(dtype, buffer);
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

  /** What is free of this length, out of the pool. */
  #withdraw(length: number): ArrayBuffer[] {
    const free = this.#free.get(length);
    if (free === undefined) return [];
    this.#free.delete(length);
    return free;
  }
}

function viewOf(dtype: ValueType, buffer: ArrayBuffer): HostArray {
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
