import { closeSync, openSync, writeFileSync } from 'node:fs';
import { tarEnd, tarHeader, tarPadding } from '../../../tar.ts';

/** Where the encoded bytes of an image lie in a shard. */
export interface ShardPlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * A shard of one video, or of one unit of pictures, while it is written: a tar file of encoded
 * images. Each image goes to the disk at once, so that a long video takes no memory. Without
 * `finish` the archive has no end.
 */
export class ShardFile implements Disposable {
  readonly #file: number;
  #length = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** Appends an image; `name` is that of its file. */
  add(name: string, bytes: Uint8Array): ShardPlace {
    const header = tarHeader(name, bytes.length);
    const padding = tarPadding(bytes.length);
    for (const chunk of [header, bytes, padding]) writeFileSync(this.#file, chunk);
    const offset = this.#length + header.length;
    this.#length = offset + bytes.length + padding.length;
    return { offset, size: bytes.length };
  }

  finish(): void {
    writeFileSync(this.#file, tarEnd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
