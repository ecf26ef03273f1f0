import { bytesPerElement, type HostArray, type ValueType } from './dtype.ts';

/** Smaller arrays are cheaper to allocate than to keep. */
const SMALLEST = 64 * 1024;

/**
 * Host memory for tensors, used again by byte length. A training step's outputs have the same sizes each time, so
 * memory stays flat where fresh arrays would wait for the garbage collector, which does not see their weight.
 *
 * Contents of a taken array are arbitrary. Whoever gives one back must hold no view of it any more.
 */
export class BufferPool {
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #capacity: number;
  #bytes = 0;

  /** @param capacity bytes to keep at most; what is given back beyond is left to the garbage collector. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes that lie unused in the pool. */
  get bytes(): number {
    return this.#bytes;
  }

  take(dtype: ValueType, size: number): HostArray {
    const length = size * bytesPerElement(dtype);
    const buffer = this.#free.get(length)?.pop();
    if (buffer === undefined) return viewOf(dtype, new ArrayBuffer(length));
    this.#bytes -= length;
    return viewOf(dtype, buffer);
  }

  give(array: HostArray): void {
    const length = array.byteLength;
    if (length < SMALLEST || length !== array.buffer.byteLength || this.#bytes + length > this.#capacity) return;
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [array.buffer]);
    else free.push(array.buffer);
    this.#bytes += length;
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }
}

function viewOf(dtype: ValueType, buffer: ArrayBuffer): HostArray {
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
