import type { LayersModel } from '@tensorflow/tfjs';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import { type Completeness, type ExplainOptions, explain } from '../attribution/explain.ts';
import {
  chanceIntersectionOverUnion,
  intersectionOverUnion,
  maskShare,
} from '../attribution/measures/intersection-over-union.ts';
import { pointingGame } from '../attribution/measures/pointing-game.ts';
import { topShare } from '../attribution/measures/top-share.ts';
import type { Method } from '../attribution/methods.ts';
import { reduceMap } from '../attribution/reduce-map.ts';
import { resizeMap } from '../attribution/resize-map.ts';
import { scaleMap } from '../attribution/scale-map.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { expectFinite } from './expect-finite.ts';
import type { Masks } from './open-masks.ts';
import type { How, Subject } from './open-subject.ts';

/** Pixels a side of the small maps that are kept of every image, for means that are drawn anew thousands of times. */
const coarseSide = 16;

export interface SurveyOptions {
  readonly methods: readonly Method[];
  readonly explain: ExplainOptions;
  /** What is asked, and of which images; all of the split unless `indices` says. */
  readonly how: How;
  /** Whose maps are made; absent: the subject's. */
  readonly model?: LayersModel;
  /** Against which maps are scored. */
  readonly masks?: Masks | undefined;
  /** Gets every image in its turn, for what is to be kept of its maps. */
  readonly onImage?: (image: SurveyedImage) => void | Promise<void>;
  /** Hears how many images are done since it last heard. */
  readonly onBatch?: (images: number) => void;
}

/** One image with its maps, as the survey passes by. */
export interface SurveyedImage {
  /** In the split's samples. */
  readonly index: number;
  /** In the survey. */
  readonly place: number;
  readonly label: number;
  /** Which was asked about. */
  readonly class: number;
  /** Real, fake. */
  readonly logits: readonly [number, number];
  /** By method, un-normalised, of the method's own size. They may be kept. */
  readonly maps: readonly AttributionMap[];
  /** As the network sees it; asked for before the survey goes on. */
  pixels(): DecodedImage;
}

/** What all images of a split show. Everything by image is in the order of the survey: `[images]`. */
export interface Survey {
  /** In the split's samples. */
  readonly indices: Uint32Array;
  readonly labels: Uint8Array;
  /** The class that each was asked about. */
  readonly explained: Uint8Array;
  /** Real, fake: `[images, 2]`. */
  readonly logits: Float64Array;
  /** By method, in their order. */
  readonly maps: readonly MapSurvey[];
  /** What chance gives against the masks; NaN where an image has none. Absent where masks are not connected. */
  readonly masks?: { readonly shares: Float64Array; readonly chanceOverlaps: Float64Array };
  /** Of integrated gradients, where they are among the methods. */
  readonly completeness?: Completeness;
}

/** The maps of one method, of the size of the image as the network sees it. */
export interface MapSurvey {
  readonly method: Method;
  /** How concentrated each is ({@link topShare}); NaN of a map of zeros. */
  readonly topShares: Float64Array;
  /** Each scaled to 0 to 1, then reduced: `[images, cells]`, at most 16 x 16 cells. */
  readonly coarse: Float32Array;
  readonly cells: number;
  /** By label: the mean of the maps scaled to 0 to 1, scaled so itself; undefined where the class has no images. */
  readonly means: readonly (AttributionMap | undefined)[];
  /** By label: how many are the same everywhere, and count as zeros. */
  readonly constant: readonly number[];
  /** Against the masks, NaN where an image has none: the pointing game, and the intersection over union. */
  readonly pointing?: Float64Array;
  readonly overlaps?: Float64Array;
}

/**
 * One pass over the images of a split, batch by batch: maps by every method, and what they say as numbers. No map is kept but
 * the means of classes: of an image and a method a kilobyte stays. Class activation maps are brought to the size of the image
 * before anything is measured of them.
 *
 *     const survey = await surveySplit(subject, { methods: ['gradient'], explain, how: { class: 'label', … }, masks,
 *       onImage: ({ index, maps }) => …, onBatch: (images) => … });
 *     mapMetrics(survey, { groups, confidence: 0.95, draws: 2000, seed: 7 }); // the numbers with their intervals
 */
export async function surveySplit(subject: Subject, options: SurveyOptions): Promise<Survey> {
  const { methods, how, masks, model = subject.model } = options;
  const images = how.indices?.length ?? subject.samples.length;
  const { size } = subject.input;
  const indices = new Uint32Array(images);
  const labels = new Uint8Array(images);
  const explained = new Uint8Array(images);
  const logits = new Float64Array(2 * images);
  const sums = methods.map((method) => new MapSums(method, { images, size, isMasked: masks !== undefined }));
  const [shares, chanceOverlaps, rises, gaps] = [nothing(images), nothing(images), nothing(images), nothing(images)];
  let completeness: Completeness | undefined;
  let place = 0;
  for await (const asked of subject.ask(how)) {
    const found = await explain(model, asked.question, methods, options.explain);
    completeness ??= found.completeness && { rises, gaps };
    for (const [slot, index] of asked.indices.entries()) {
      const label = asked.labels[slot]!;
      const of = { class: asked.question.classes[slot]!, maps: found.maps.map((maps) => maps[slot]!) };
      const pair = [found.logits[2 * slot]!, found.logits[2 * slot + 1]!] as const;
      expectFinite(pair, subject.samples[index]!.key);
      const mask = await masks?.read(subject.samples[index]!);
      for (const [i, map] of of.maps.entries())
        sums[i]!.add(place, label, resizeMap(map, { height: size, width: size }), mask);
      indices[place] = index;
      labels[place] = label;
      explained[place] = of.class;
      logits.set(pair, 2 * place);
      rises[place] = found.completeness?.rises[slot] ?? Number.NaN;
      gaps[place] = found.completeness?.gaps[slot] ?? Number.NaN;
      if (mask !== undefined) {
        shares[place] = maskShare(mask);
        chanceOverlaps[place] = chanceIntersectionOverUnion(mask);
      }
      await options.onImage?.({ index, place, label, ...of, logits: pair, pixels: () => asked.pixels(slot) });
      place++;
    }
    options.onBatch?.(asked.indices.length);
  }
  return {
    ...{ indices, labels, explained, logits, maps: sums.map((sum) => sum.finish()) },
    ...(masks !== undefined && { masks: { shares, chanceOverlaps } }),
    ...(completeness !== undefined && { completeness }),
  };
}

const nothing = (images: number): Float64Array => new Float64Array(images).fill(Number.NaN);

interface Extent {
  readonly images: number;
  readonly size: number;
  readonly isMasked: boolean;
}

/** Sums up the maps of one method, as they come. */
class MapSums {
  readonly #method: Method;
  readonly #size: number;
  readonly #topShares: Float64Array;
  readonly #coarse: Float32Array;
  readonly #cells: number;
  readonly #sums: readonly Float64Array[];
  readonly #counts = [0, 0];
  readonly #constant = [0, 0];
  readonly #scores: { readonly pointing: Float64Array; readonly overlaps: Float64Array } | undefined;

  constructor(method: Method, { images, size, isMasked }: Extent) {
    this.#method = method;
    this.#size = size;
    this.#cells = Math.min(size, coarseSide) ** 2;
    this.#topShares = nothing(images);
    this.#coarse = new Float32Array(images * this.#cells);
    this.#sums = [new Float64Array(size * size), new Float64Array(size * size)];
    this.#scores = isMasked ? { pointing: nothing(images), overlaps: nothing(images) } : undefined;
  }

  add(place: number, label: number, map: AttributionMap, mask: Uint8Array | undefined): void {
    const { values } = map;
    const scaled = scaleMap(values);
    const sum = this.#sums[label]!;
    let isConstant = true;
    for (const [i, value] of scaled.entries()) {
      sum[i]! += value;
      if (value !== 0) isConstant = false;
    }
    this.#counts[label]!++;
    if (isConstant) this.#constant[label]!++;
    this.#topShares[place] = topShare(values);
    this.#coarse.set(reduceMap({ ...map, values: scaled }, coarseSide).values, place * this.#cells);
    if (mask === undefined || this.#scores === undefined) return;
    this.#scores.pointing[place] = pointingGame(values, mask);
    this.#scores.overlaps[place] = intersectionOverUnion(values, mask);
  }

  finish(): MapSurvey {
    const size = this.#size;
    return {
      method: this.#method,
      topShares: this.#topShares,
      coarse: this.#coarse,
      cells: this.#cells,
      means: this.#sums.map((sum, label) =>
        this.#counts[label] === 0
          ? undefined
          : {
              height: size,
              width: size,
              values: scaleMap(Float32Array.from(sum, (total) => total / this.#counts[label]!)),
            },
      ),
      constant: this.#constant,
      ...this.#scores,
    };
  }
}
