import type { AttributionMap } from '../../src/learning/attribution/attribution-map.ts';
import type { SurveyedImage } from '../../src/learning/explanations/survey-split.ts';
import { predictedClasses } from '../../src/learning/metrics/logits.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { permutation, Random } from '../../src/random.ts';

export type Outcome = 'right' | 'wrong';

/** An image that is shown, and what is shown of it. */
export interface ChosenImage {
  /** In the split's samples. */
  readonly index: number;
  readonly label: number;
  /** Which the map is of. */
  readonly class: number;
  readonly logits: readonly [number, number];
  /** By method, as the network made them. */
  readonly maps: readonly AttributionMap[];
  /** As the network sees it. */
  readonly pixels: DecodedImage;
}

/**
 * Of each class and outcome the images that come first in an order drawn by chance, as the survey of a split passes by; no others
 * are kept. The order is of the split and the seed alone, so models of one data set show the same images where they agree.
 */
export class ChosenImages {
  readonly #ranks: Uint32Array;
  readonly #most: number;
  readonly #kept = new Map<string, (ChosenImage & { readonly rank: number })[]>();
  readonly #counts = new Map<string, number>();

  constructor({ images, most, split, seed }: { images: number; most: number; split: string; seed: number }) {
    this.#most = most;
    this.#ranks = new Uint32Array(images);
    for (const [rank, index] of permutation(images, new Random('gradcam', seed, split)).entries()) {
      this.#ranks[index] = rank;
    }
  }

  offer({ index, label, class: explained, logits, maps, pixels }: SurveyedImage): void {
    const key = `${label} ${outcomeOf(label, logits)}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const kept = this.#kept.get(key) ?? [];
    const rank = this.#ranks[index]!;
    if (kept.length === this.#most && kept.at(-1)!.rank < rank) return;
    const image = { index, label, class: explained, logits, maps, pixels: pixels(), rank };
    this.#kept.set(key, [...kept, image].sort((one, other) => one.rank - other.rank).slice(0, this.#most));
  }

  of(label: number, outcome: Outcome): readonly ChosenImage[] {
    return this.#kept.get(`${label} ${outcome}`) ?? [];
  }

  /** How many there are, shown or not. */
  count(label: number, outcome: Outcome): number {
    return this.#counts.get(`${label} ${outcome}`) ?? 0;
  }
}

const outcomeOf = (label: number, logits: readonly [number, number]): Outcome =>
  predictedClasses(logits)[0] === label ? 'right' : 'wrong';
