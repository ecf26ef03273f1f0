import { closeSync, openSync, writeSync } from 'node:fs';
import { npyHeader } from './npy.ts';

/** Writes an array as a `.npy` file, part by part along its first axis, so that it need not be in memory as a whole. */
export class NpyWriter {
  readonly #file: number;

  /** All parts together have the values of `shape`. */
  constructor(path: string, ...shape: readonly number[]) {
    this.#file = openSync(path, 'w');
    this.#write(npyHeader(...shape));
  }

  add({ buffer, byteOffset, byteLength }: Float32Array): void {
    this.#write(new Uint8Array(buffer, byteOffset, byteLength));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
  }
}
