import type { SurveyedImage } from '../../src/learning/explanations/survey-split.ts';
import { predictedClasses } from '../../src/learning/metrics/logits.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { permutation, Random } from '../../src/random.ts';

export type Outcome = 'right' | 'wrong';

/** An image to show; its maps are unscaled, by method. */
export interface ChosenImage extends Omit<SurveyedImage, 'pixels'> {
  /** As the network sees it. */
  readonly pixels: DecodedImage;
}

/**
 * Keeps, of the images that a survey passes, the first of each class and outcome in a random order. The order depends on the
 * split and the seed alone, so models of one data set show the same images where their predictions agree.
 */
export class ChosenImages {
  readonly #ranks: Uint32Array;
  readonly #most: number;
  readonly #kept = new Map<string, { count: number; first: readonly ChosenImage[] }>();

  constructor({ images, most, split, seed }: { images: number; most: number; split: string; seed: number }) {
    this.#most = most;
    this.#ranks = new Uint32Array(images);
    for (const [rank, index] of permutation(images, new Random('gradcam', seed, split)).entries()) {
      this.#ranks[index] = rank;
    }
  }

  offer(image: SurveyedImage): void {
    const outcome = predictedClasses(image.logits, image.logits.length)[0] === image.label ? 'right' : 'wrong';
    const { count, first } = this.#of(image.label, outcome);
    const rank = ({ index }: { readonly index: number }) => this.#ranks[index]!;
    const isFirst = first.length < this.#most || rank(image) < rank(first.at(-1)!);
    const more = isFirst ? [...first, { ...image, pixels: image.pixels() }] : first;
    const sorted = more.toSorted((one, other) => rank(one) - rank(other)).slice(0, this.#most);
    this.#kept.set(`${image.label} ${outcome}`, { count: count + 1, first: sorted });
  }

  first(label: number, outcome: Outcome): readonly ChosenImage[] {
    return this.#of(label, outcome).first;
  }

  /** The number of such images, shown or not. */
  count(label: number, outcome: Outcome): number {
    return this.#of(label, outcome).count;
  }

  #of(label: number, outcome: Outcome) {
    return this.#kept.get(`${label} ${outcome}`) ?? { count: 0, first: [] };
  }
}
