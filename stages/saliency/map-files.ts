import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributionMap } from '../../src/attribution/attribution-map.ts';
import { csvLine } from '../../src/csv.ts';
import { NpyWriter } from '../../src/vision/npy-writer.ts';

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
  #file: NpyWriter | undefined;

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
      const maps = Math.min(mostMaps, this.#total - this.#written);
      this.#file = new NpyWriter(join(this.#folder, file), maps, height, width);
    }
    this.#file!.add(values);
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
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }
}
