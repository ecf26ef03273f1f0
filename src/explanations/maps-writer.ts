import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import type { Method } from '../attribution/methods.ts';
import { csvLine } from '../csv.ts';
import type { Sample } from '../vision/dataset.ts';
import { NpyWriter } from '../vision/npy-writer.ts';
import type { SurveyedImage } from './survey-split.ts';

/** Whose maps follow. */
export interface MapsOf {
  /** Begins the names of the files. */
  readonly prefix: string;
  readonly model: string;
  readonly split: string;
  readonly layer?: string;
  readonly methods: readonly Method[];
  /** Of the data set, in label order. */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** How many will come. */
  readonly images: number;
}

const columns = ['file', 'row', 'model', 'method', 'layer', 'split', 'key', 'class', 'explained', 'real', 'fake'];

/**
 * Writes maps for further work as they come, none kept: `<prefix><method>.npy` of `[images, height, width]` in the unit of the
 * method, not scaled, and `maps.csv`, which says of each row which image, class and scores it is of. `numpy.load` reads them.
 */
export class MapsWriter {
  readonly #folder: string;
  readonly #lines: string[] = [csvLine(columns)];
  readonly #open = new Map<string, NpyWriter>();
  #of: MapsOf | undefined;
  #row = 0;

  /** `folder` is made. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  begin(of: MapsOf): void {
    this.#close();
    this.#of = of;
    this.#row = 0;
  }

  /** The next image of {@link begin}'s; its maps by method. */
  add({ index, class: explained, logits, maps }: SurveyedImage): void {
    const { prefix, model, split, layer, methods, classes, samples, images } = this.#of!;
    const { key, class: own } = samples[index]!;
    for (const [i, method] of methods.entries()) {
      const name = `${prefix}${method}.npy`;
      this.#file(name, maps[i]!, images).add(maps[i]!.values);
      const of = [name, this.#row, model, method, layer ?? '', split, key, own, classes[explained]!];
      this.#lines.push(csvLine([...of, ...logits]));
    }
    this.#row++;
  }

  /** Completes it. */
  [Symbol.dispose](): void {
    this.#close();
    writeFileSync(join(this.#folder, 'maps.csv'), this.#lines.join(''));
  }

  #file(name: string, { height, width }: AttributionMap, images: number): NpyWriter {
    const file = this.#open.get(name) ?? new NpyWriter(join(this.#folder, name), images, height, width);
    this.#open.set(name, file);
    return file;
  }

  #close(): void {
    for (const file of this.#open.values()) file[Symbol.dispose]();
    this.#open.clear();
  }
}
