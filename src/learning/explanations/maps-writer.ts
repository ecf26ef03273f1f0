import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvLine } from '../../csv.ts';
import { defaultNames } from '../../default-class-names.ts';
import { formatFew } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import type { Method } from '../attribution/methods.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { NpyWriter } from '../vision/features/npy.ts';
import { mapColumns, mapsListFile } from './maps-list.ts';
import type { Survey, SurveyedImage } from './survey-split.ts';

/** The model and the images whose maps are written next. */
interface MapsOf {
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  readonly prefix: string;
  readonly model: string;
  readonly split: string;
  readonly layer?: string | undefined;
  readonly methods: readonly Method[];
  readonly images: number;
}

/** Maps of one file: of 256 x 256 pixels they take 256 MB. */
const mostMaps = 1000;

const measures = ['topShare', 'maskShare', 'pointingGame', 'intersectionOverUnion', 'rise', 'gap'];

/**
 * Writes raw maps as they come, without keeping them: `<prefix><method>-00000.npy` and so on, a
 * thousand in each, of `[maps, height, width]` in the unit of the method, for `numpy.load`; and
 * `maps.csv`, a row for each surveyed image and method: where its map is, if it was kept, its
 * image, and what was measured; empty where undefined.
 */
export class MapsWriter {
  readonly #folder: string;
  readonly #lines: string[] = [];
  readonly #classes: readonly string[];
  readonly #open = new Map<Method, NpyWriter>();
  /** Numbers of the kept maps, by the position of their image in the survey. */
  readonly #kept = new Map<number, number>();
  #of: MapsOf | undefined;

  /** @param classes those of all models; the columns of two have their names by default */
  constructor(folder: string, classes: readonly string[]) {
    this.#folder = folder;
    this.#classes = classes;
    const scores = classes.length === 2 ? defaultNames : classes.map((name) => `score.${name}`);
    this.#lines.push(csvLine([...mapColumns, ...scores, ...measures]));
    mkdirSync(folder, { recursive: true });
  }

  /** Throws a {@link StageError} for a model of other classes. */
  begin(of: MapsOf): void {
    const differ = of.classes.join() !== this.#classes.join();
    if (of.classes.length !== this.#classes.length || (of.classes.length > 2 && differ)) {
      const first = formatFew(this.#classes, 10);
      const here = formatFew(of.classes, 10);
      throw new StageError(`Expected models of the same classes, got ${first} and ${here}.`);
    }
    this.#of = of;
    this.#kept.clear();
  }

  /** Writes the maps of the next image of {@link begin}. */
  add({ position, maps }: SurveyedImage): void {
    const { methods, images } = this.#of!;
    const number = this.#kept.size;
    if (number % mostMaps === 0) this.#close();
    this.#kept.set(position, number);
    for (const [i, method] of methods.entries()) {
      const { height, width, values } = maps[i]!;
      const path = join(this.#folder, this.#name(method, number));
      const file =
        this.#open.get(method) ??
        new NpyWriter(path, Math.min(mostMaps, images - number), height, width);
      this.#open.set(method, file);
      file.add(values);
    }
  }

  end({ indices, explained, logits, maps, masks, completeness }: Survey): void {
    this.#close();
    const { model, split, layer = '', methods, classes, samples } = this.#of!;
    for (const [position, index] of indices.entries()) {
      const { key, path, class: sourceClass, source } = samples[index]!;
      const number = this.#kept.get(position);
      for (const [i, method] of methods.entries()) {
        const where =
          number === undefined ? ['', ''] : [this.#name(method, number), number % mostMaps];
        const what = [
          model,
          method,
          layer,
          split,
          key,
          path,
          sourceClass,
          source,
          classes[explained[position]!]!,
        ];
        const { topShares, pointing, overlaps } = maps[i]!;
        const sums = method === 'integrated-gradients' ? completeness! : undefined;
        const measured = [
          topShares,
          masks?.shares,
          pointing,
          overlaps,
          sums?.rises,
          sums?.gaps,
        ].map((values) => values?.[position]);
        const cells = measured.map((value) =>
          value === undefined || Number.isNaN(value) ? '' : value,
        );
        const scores = logits.subarray(classes.length * position, classes.length * (position + 1));
        this.#lines.push(csvLine([...where, ...what, ...scores, ...cells]));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#close();
    writeFileSync(join(this.#folder, mapsListFile), this.#lines.join(''));
  }

  #name(method: Method, number: number): string {
    return `${this.#of!.prefix}${method}-${String(Math.floor(number / mostMaps)).padStart(5, '0')}.npy`;
  }

  #close(): void {
    for (const file of this.#open.values()) file[Symbol.dispose]();
    this.#open.clear();
  }
}
