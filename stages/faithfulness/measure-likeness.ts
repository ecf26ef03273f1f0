import type { LayersModel } from '@tensorflow/tfjs';
import type { AttributionMap } from '../../src/learning/attribution/attribution-map.ts';
import {
  mapLikeness,
  type RandomisedDepth,
  type RankedMap,
  randomiseLayers,
  rankMap,
} from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import type { Question } from '../../src/learning/attribution/questions/question.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { Random } from '../../src/random.ts';

/**
 * The similarity of an image's map to maps of the network with randomised weights (rank
 * correlation); lists are by method.
 */
export interface Likeness {
  /** At each depth; at the last, where all weights are random, the mean over their draws. */
  readonly byDepth: readonly (readonly number[])[];
  /** By draw of all weights: to the map of the image itself. */
  readonly own: readonly (readonly number[])[];
  /** By draw of all weights: to the maps of other images, their mean. NaN where `own` is. */
  readonly others: readonly (readonly number[])[];
}

interface LikenessOptions {
  readonly model: LayersModel;
  /** At least one. */
  readonly depths: readonly RandomisedDepth[];
  /** Draws of all weights. */
  readonly draws: number;
  readonly seed: number;
  /** Maps of the network in its present state, by method, then image. */
  readonly mapsOf: (
    question: Question,
    note: string,
  ) => Promise<readonly (readonly AttributionMap[])[]>;
}

/**
 * How many other images each is compared with: those before it, of alternating class; for the first
 * images, the last ones.
 */
const mostOthers = 4;

/** Maps of one image, by method. */
type Maps = readonly RankedMap[];

/** The measurements of an image so far, by method; `others` by draw, for each other image. */
type Measured = {
  readonly byDepth: number[][];
  readonly own: number[][];
  readonly others: number[][][];
};

/**
 * Measures likeness batch by batch; the result does not depend on the batches. In memory are the
 * maps of a batch, of the first few images, and for each draw of the last few.
 */
export class LikenessMeter {
  readonly #options: LikenessOptions;
  readonly #measured: Measured[] = [];
  readonly #first: Maps[] = [];
  /** By draw. */
  readonly #last: (readonly Maps[])[];

  constructor(options: LikenessOptions) {
    this.#options = options;
    this.#last = Array.from({ length: options.draws }, () => []);
  }

  /** @param maps The maps of the trained network, by method, then image. */
  async add(question: Question, maps: readonly (readonly AttributionMap[])[]): Promise<void> {
    const { model, depths, draws, seed, mapsOf } = this.#options;
    const trained = byImage(maps);
    const measured = trained.map((ofImage): Measured => {
      const each = <T>(value: () => T) => ofImage.map(value);
      return {
        byDepth: each(() => []),
        own: each(() => []),
        others: each(() => this.#last.map(() => [])),
      };
    });
    this.#measured.push(...measured);
    this.#first.push(...trained.slice(0, mostOthers - this.#first.length));
    for (let draw = 0; draw < draws; draw++) {
      const all = depths.at(-1)!;
      const visited = draw === 0 ? depths : [all];
      await randomiseLayers(
        model,
        visited,
        new Random('weight-draw', seed, draw).uint32(),
        async (depth) => {
          const isAll = depth.layer === all.layer;
          const note = isAll
            ? `all weights random, ${draw + 1} of ${draws}`
            : `random weights down to ${depth.layer}`;
          const now = byImage(
            await mapsOf(isAll ? withOtherSeeds(question, draw) : question, note),
          );
          for (const [slot, { byDepth, own }] of measured.entries()) {
            for (const [m, map] of now[slot]!.entries()) {
              (isAll ? own : byDepth)[m]!.push(mapLikeness(trained[slot]![m]!, map));
            }
          }
          if (isAll) this.#compareWithOthers(trained, measured, now, draw);
        },
      );
    }
  }

  #compareWithOthers(
    trained: readonly Maps[],
    measured: readonly Measured[],
    now: readonly Maps[],
    draw: number,
  ): void {
    const before = this.#last[draw]!;
    const known = [...before, ...now];
    for (const [slot, image] of measured.entries()) {
      const position = before.length + slot;
      for (const earlier of known.slice(Math.max(0, position - mostOthers), position)) {
        compare(trained[slot]!, earlier, image.others, draw);
      }
    }
    this.#last[draw] = known.slice(-mostOthers);
  }

  /** The likeness of all images, in their order. */
  finish(): readonly Likeness[] {
    const count = Math.min(mostOthers, this.#measured.length - 1);
    for (const [draw, last] of this.#last.entries()) {
      for (const [position, maps] of this.#first.entries()) {
        for (const later of last.slice(last.length - Math.max(0, count - position))) {
          compare(maps, later, this.#measured[position]!.others, draw);
        }
      }
    }
    return this.#measured.map(({ byDepth, own, others }) => ({
      byDepth: byDepth.map((values, m) =>
        own[m]!.length === 0 ? values : [...values, mean(own[m]!)],
      ),
      own,
      others: others.map((draws) => draws.map(mean)),
    }));
  }
}

/**
 * The question with other seeds. RandomCAM with the same channel weights as before would make maps
 * of one image alike, and those of two images not, by the mean of the channels alone.
 */
const withOtherSeeds = (question: Question, draw: number): Question => ({
  ...question,
  seeds: question.seeds.map((seed) => new Random('other-chance', seed, draw).uint32()),
});

function byImage(maps: readonly (readonly AttributionMap[])[]): readonly Maps[] {
  return maps[0]!.map((_, image) => maps.map((ofMethod) => rankMap(ofMethod[image]!.values)));
}

function compare(maps: Maps, peer: Maps, to: number[][][], draw: number): void {
  for (const [m, map] of maps.entries()) to[m]![draw]!.push(mapLikeness(map, peer[m]!));
}
