import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvLine } from '../../csv.ts';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import type { Method } from '../attribution/methods.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { NpyWriter } from '../vision/features/npy-writer.ts';
import type { Survey, SurveyedImage } from './survey-split.ts';

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
  /** Of how many images maps will come. */
  readonly images: number;
}

/** Maps of one file: of 256 x 256 pixels they take 256 MB. */
const mostMaps = 1000;

const columns = [
  ...[
    'file',
    'row',
    'model',
    'method',
    'layer',
    'split',
    'key',
    'path',
    'class',
    'source',
    'explained',
    'real',
    'fake',
  ],
  ...['topShare', 'maskShare', 'pointingGame', 'intersectionOverUnion', 'rise', 'gap'],
];

/**
 * Writes maps for further work as they come, none kept: `<prefix><method>-00000.npy` and on, a thousand in each, of
 * `[maps, height, width]` in the unit of the method, not scaled, and `maps.csv`, a row for each image and method that was surveyed:
 * where its map lies, if it is kept, what it is of, and what was measured; empty where nothing was. `numpy.load` reads them.
 */
export class MapsWriter {
  readonly #folder: string;
  readonly #lines: string[] = [csvLine(columns)];
  readonly #open = new Map<Method, NpyWriter>();
  /** Of images in their survey, which in the files. */
  readonly #places = new Map<number, number>();
  #of: MapsOf | undefined;

  /** `folder` is made. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  begin(of: MapsOf): void {
    this.#of = of;
    this.#places.clear();
  }

  /** Keeps the maps of the next image of {@link begin}'s. */
  add({ place, maps }: SurveyedImage): void {
    const number = this.#places.size;
    if (number % mostMaps === 0) this.#close();
    this.#places.set(place, number);
    for (const [i, method] of this.#of!.methods.entries()) this.#file(method, maps[i]!, number).add(maps[i]!.values);
  }

  /** Lists all images of {@link begin}'s. */
  end(survey: Survey): void {
    this.#close();
    const { model, split, layer, methods, classes, samples } = this.#of!;
    for (const [place, index] of survey.indices.entries()) {
      const { key, path, class: own, source } = samples[index]!;
      const number = this.#places.get(place);
      for (const [i, method] of methods.entries()) {
        const where = number === undefined ? ['', ''] : [this.#name(method, number), number % mostMaps];
        const what = [model, method, layer ?? '', split, key, path, own, source, classes[survey.explained[place]!]!];
        const logits = [survey.logits[2 * place]!, survey.logits[2 * place + 1]!];
        this.#lines.push(csvLine([...where, ...what, ...logits, ...measuredOf(survey, place, i)]));
      }
    }
  }

  /** Completes it. */
  [Symbol.dispose](): void {
    this.#close();
    writeFileSync(join(this.#folder, 'maps.csv'), this.#lines.join(''));
  }

  #name(method: Method, number: number): string {
    return `${this.#of!.prefix}${method}-${String(Math.floor(number / mostMaps)).padStart(5, '0')}.npy`;
  }

  #file(method: Method, { height, width }: AttributionMap, number: number): NpyWriter {
    const maps = Math.min(mostMaps, this.#of!.images - number);
    const file =
      this.#open.get(method) ?? new NpyWriter(join(this.#folder, this.#name(method, number)), maps, height, width);
    this.#open.set(method, file);
    return file;
  }

  #close(): void {
    for (const file of this.#open.values()) file[Symbol.dispose]();
    this.#open.clear();
  }
}

function measuredOf({ maps, masks, completeness }: Survey, place: number, method: number): readonly (number | '')[] {
  const { method: name, topShares, pointing, overlaps } = maps[method]!;
  const isSummed = name === 'integrated-gradients';
  return [
    ...[topShares, masks?.shares, pointing, overlaps],
    ...[isSummed ? completeness?.rises : undefined, isSummed ? completeness?.gaps : undefined],
  ].map((values) => {
    const value = values?.[place];
    return value === undefined || Number.isNaN(value) ? '' : value;
  });
}
