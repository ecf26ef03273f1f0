import { Random } from '../../../random.ts';

/** What a bootstrap draws: images, or whole groups of them. */
export interface Units {
  /** The number of units of each stratum, those of real images, of fake ones, and of both; units are numbered in this order. */
  readonly strata: readonly [real: number, fake: number, both: number];
  /** The unit of each image. */
  readonly unitOf: Uint32Array;
}

/** Finds the units of images, in each stratum in the order of their first images; an image without a group is a unit. */
export function unitsOf(labels: ArrayLike<number>, groups?: readonly (string | undefined)[]): Units {
  if (groups !== undefined && groups.length !== labels.length) {
    throw new RangeError(`Expected a group for each of ${labels.length} labels, got ${groups.length}`);
  }
  const named = new Map<string, number>();
  const kinds = new Uint8Array(labels.length); // of each unit: 1 real, 2 fake, 3 both
  const unitOf = new Uint32Array(labels.length);
  let count = 0;
  for (let image = 0; image < labels.length; image++) {
    const group = groups?.[image];
    const known = group === undefined ? undefined : named.get(group);
    const unit = known ?? count++;
    if (group !== undefined && known === undefined) named.set(group, unit);
    kinds[unit]! |= labels[image] === 1 ? 2 : 1;
    unitOf[image] = unit;
  }
  const strata: [number, number, number] = [0, 0, 0];
  for (let unit = 0; unit < count; unit++) strata[kinds[unit]! - 1]!++;
  const next = [0, strata[0], strata[0] + strata[1]];
  const places = new Uint32Array(count);
  for (let unit = 0; unit < count; unit++) places[unit] = next[kinds[unit]! - 1]!++;
  for (let image = 0; image < unitOf.length; image++) unitOf[image] = places[unitOf[image]!]!;
  return { strata, unitOf };
}

/** The draws of a bootstrap, one after the other. */
export class Draws {
  readonly #units: Units;
  readonly #random: Random;
  /** How often each unit was drawn. A byte: one of more than 255 units is drawn 256 times with a chance below 10^-500. */
  readonly #counts: Uint8Array;
  readonly #weights: Uint8Array;

  constructor(units: Units, seed: number) {
    this.#units = units;
    this.#random = new Random('bootstrap', seed);
    this.#counts = new Uint8Array(units.strata.reduce((sum, size) => sum + size, 0));
    this.#weights = new Uint8Array(units.unitOf.length);
  }

  /** How often each image was drawn in the next draw. The array is reused. */
  next(): Uint8Array {
    this.#draw(this.#counts.fill(0));
    const [counts, weights, { unitOf }] = [this.#counts, this.#weights, this.#units];
    for (let i = 0; i < weights.length; i++) weights[i] = counts[unitOf[i]!]!;
    return weights;
  }

  /** Leaves out the next draw. */
  skip(): void {
    this.#draw();
  }

  #draw(counts?: Uint8Array): void {
    // In parts, since V8 would compile a long first loop without having seen what follows it, and then run it slowly for ever.
    const part = 1000;
    let from = 0;
    for (const size of this.#units.strata) {
      for (let i = 0; i < size; i += part) this.#random.tally(size, Math.min(part, size - i), counts, from);
      from += size;
    }
  }
}
