import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributionMap } from '../../src/attribution/attribution-map.ts';
import { csvLine } from '../../src/csv.ts';
import { npyHeader } from '../../src/vision/npy.ts';

/** Maps of one file: of 256 x 256 pixels they take 256 MB. */
const mostMaps = 1000;

export interface MapPlace {
  readonly file: string;
  /** Along the file's first axis. */
  readonly row: number;
}

/** Writes raw maps as they come into numbered `.npy` files, `[maps, height, width]`, so that none need be kept in memory. */
export class MapFiles {
  readonly #folder: string;
  readonly #total: number;
  #written = 0;
  #file: number | undefined;

  /** `total` maps, all of one size, will be added. The folder is made. */
  constructor(folder: string, total: number) {
    this.#folder = folder;
    this.#total = total;
    mkdirSync(folder, { recursive: true });
  }

  /** Where the map then lies. */
  add({ height, width, values }: AttributionMap): MapPlace {
    const row = this.#written % mostMaps;
    const file = `${String(Math.floor(this.#written / mostMaps)).padStart(5, '0')}.npy`;
    if (row === 0) {
      this.#close();
      this.#file = openSync(join(this.#folder, file), 'w');
      writeAll(this.#file, npyHeader(Math.min(mostMaps, this.#total - this.#written), height, width));
    }
    writeAll(this.#file!, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#written++;
    return { file, row };
  }

  /** Writes the list of images, and closes. */
  finish(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
    writeFileSync(join(this.#folder, 'images.csv'), [header, ...rows].map(csvLine).join(''));
    this.#close();
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
