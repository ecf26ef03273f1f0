import { type Orientation, orientations, oriented } from './orientation.ts';
import { bitCount, type Hash, hashDistance, hashSide, perceptualHash } from './perceptual-hash.ts';

/** Two pictures that look alike, in some orientation. */
export interface NearPair {
  /** Indices of the two, the lower first. */
  readonly first: number;
  readonly second: number;
  /** Bits in which their hashes differ, 0 to 64. */
  readonly distance: number;
  /** The correlation of their grey values, 0.9 to 1. */
  readonly correlation: number;
  /** How the first lies when it looks like the second. */
  readonly orientation: Orientation;
}

/**
 * When two pictures look alike: at most this many bits of their hashes differ, and their grey
 * values at 32 x 32 correlate at least this much. The hash alone confuses portraits in one pose: of
 * 2.4 million pairs among 2,199 aligned photographs and generated faces some 130 differ in at most
 * 10 bits. Three of these correlate by 0.9, and are indeed copies. Of 543 pictures, all copies that
 * were saved as JPEG of quality 10, halved in size, blurred by 2 pixels, or made lighter by a fifth
 * pass both tests, and so do 95 % of those with 2 % cut off each side.
 */
const lookAlike = { distance: 10, correlation: 0.9 } as const;

/**
 * The same for a picture that is mirrored or rotated. There are seven times as many such pairs, and
 * two frames of different people before one wall correlated by 0.946. Of 600 pictures all mirrored
 * copies pass that were halved, blurred by 2 pixels or saved as JPEG of quality 10, and 599 that
 * were made lighter by a fifth; no pair of different pictures does, among 2,199 portraits and 8,550
 * frames.
 */
const lookAlikeTurned = { distance: 8, correlation: 0.97 } as const;

/**
 * Collects small grey pictures, which it keeps, and finds those that look alike. Hashes of 64 bits
 * that differ in at most 10 differ in at most 2 bits of some quarter, so each is compared with
 * those of a near quarter: a fiftieth of all pairs of the 2,199 portraits and 8,550 frames of
 * videos (Norouzi, Punjani and Fleet 2012, "Fast search in Hamming space with multi-index
 * hashing").
 */
export class NearDuplicates {
  readonly #pictures: {
    readonly index: number;
    readonly grey: ArrayLike<number>;
    readonly hash: Hash;
  }[] = [];

  /** Adds a picture, `[32, 32]`. One without structure has no hash and is left out. */
  add(index: number, grey: ArrayLike<number>): void {
    const hash = perceptualHash(grey);
    if (hash !== undefined) this.#pictures.push({ index, grey, hash });
  }

  /**
   * All pairs, ordered by their indices. Of several orientations the upright one counts, else that
   * of the highest correlation.
   */
  *pairs(): Generator<NearPair, undefined> {
    const low = Uint32Array.from(this.#pictures, ({ hash }) => hash[0]);
    const high = Uint32Array.from(this.#pictures, ({ hash }) => hash[1]);
    const quarters = [low, high].flatMap((half) => [indexOf(half, 0), indexOf(half, 16)]);
    const hashes: Hashes = { low, high, quarters };
    for (const [i, picture] of this.#pictures.entries()) {
      const best = new Map<number, NearPair>();
      for (const orientation of orientations) {
        const grey = orientation === 'upright' ? picture.grey : oriented(picture.grey, orientation);
        const hash = orientation === 'upright' ? picture.hash : perceptualHash(grey);
        const near = hash === undefined ? [] : nearby(hash, i, hashes);
        const centredGrey = near.length === 0 ? undefined : centred(grey);
        const least = orientation === 'upright' ? lookAlike : lookAlikeTurned;
        for (const k of near) {
          const candidate = this.#pictures[k]!;
          const before = best.get(k);
          if (before?.orientation === 'upright') continue;
          const distance = hashDistance(hash!, candidate.hash);
          if (distance > least.distance) continue;
          const correlation = cosine(centredGrey!, centred(candidate.grey));
          if (correlation < least.correlation || correlation <= (before?.correlation ?? 0))
            continue;
          best.set(k, {
            first: picture.index,
            second: candidate.index,
            distance,
            correlation,
            orientation,
          });
        }
      }
      yield* [...best].sort(([a], [b]) => a - b).map(([, pair]) => pair);
    }
  }
}

/** All hashes by their halves, and an index of each quarter. */
interface Hashes {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly quarters: readonly Quarter[];
}

/**
 * The hashes by one quarter: those with the value v there are `sorted[starts[v]]` up to
 * `sorted[starts[v + 1]]`.
 */
interface Quarter {
  readonly starts: Uint32Array;
  readonly sorted: Uint32Array;
}

function indexOf(words: Uint32Array, shift: number): Quarter {
  const values = Uint16Array.from(words, (word) => word >>> shift);
  const starts = new Uint32Array(2 ** 16 + 1);
  for (const value of values) starts[value + 1]!++;
  for (let value = 0; value < 2 ** 16; value++) starts[value + 1]! += starts[value]!;
  const sorted = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  return { starts, sorted };
}

/** The bits in which quarters may differ that have a pair within the distance. */
const nearQuarters = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter(
  (bits) => bitCount(bits) <= lookAlike.distance / 4,
);

/** Pictures after `position` whose hashes are within the distance of a hash. */
function nearby(
  [hashLow, hashHigh]: Hash,
  position: number,
  { low, high, quarters }: Hashes,
): readonly number[] {
  const near = new Set<number>();
  const words = [hashLow & 0xffff, hashLow >>> 16, hashHigh & 0xffff, hashHigh >>> 16];
  for (const [index, { starts, sorted }] of quarters.entries()) {
    const quarter = words[index]!;
    for (let i = 0; i < nearQuarters.length; i++) {
      const value = quarter ^ nearQuarters[i]!;
      for (let at = starts[value]!; at < starts[value + 1]!; at++) {
        const candidate = sorted[at]!;
        if (candidate <= position) continue;
        if (
          bitCount(hashLow ^ low[candidate]!) + bitCount(hashHigh ^ high[candidate]!) <=
          lookAlike.distance
        )
          near.add(candidate);
      }
    }
  }
  return [...near];
}

function centred(grey: ArrayLike<number>): Int8Array {
  let sum = 0;
  for (let i = 0; i < grey.length; i++) sum += grey[i]!;
  const mean = sum / grey.length;
  let largest = 0;
  for (let i = 0; i < grey.length; i++) largest = Math.max(largest, Math.abs(grey[i]! - mean));
  const picture = new Int8Array(grey.length);
  for (let i = 0; i < picture.length; i++)
    picture[i] = Math.round((127 * (grey[i]! - mean)) / largest);
  return picture;
}

function cosine(first: Int8Array, second: Int8Array): number {
  let product = 0;
  let firstSquare = 0;
  let secondSquare = 0;
  for (let i = 0; i < hashSide * hashSide; i++) {
    product += first[i]! * second[i]!;
    firstSquare += first[i]! * first[i]!;
    secondSquare += second[i]! * second[i]!;
  }
  return product / Math.sqrt(firstSquare * secondSquare);
}
