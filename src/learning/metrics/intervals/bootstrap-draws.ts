import { Random } from '../../../random.ts';

/** What a bootstrap draws: images, or whole groups of them. */
export interface Units {
  readonly count: number;
  /** The unit of each image, in the order of their first images. */
  readonly unitOf: Uint32Array;
}

/** Finds the units of images; an image without a group is a unit. */
export function unitsOf(images: number, groups?: readonly (string | undefined)[]): Units {
  if (groups !== undefined && groups.length !== images) {
    throw new RangeError(`Expected a group for each of ${images} labels, got ${groups.length}`);
  }
  const named = new Map<string, number>();
  const unitOf = new Uint32Array(images);
  let count = 0;
  for (let image = 0; image < images; image++) {
    const group = groups?.[image];
    const known = group === undefined ? undefined : named.get(group);
    const unit = known ?? count++;
    if (group !== undefined && known === undefined) named.set(group, unit);
    unitOf[image] = unit;
  }
  return { count, unitOf };
}

/**
 * The number of units of each class that has any: a group of several classes counts for each of
 * them.
 */
export function unitsByClass(
  labels: ArrayLike<number>,
  groups?: readonly (string | undefined)[],
): ReadonlyMap<number, number> {
  const { count, unitOf } = unitsOf(labels.length, groups);
  const units = new Map<number, number>();
  const counted = new Set<number>();
  for (let image = 0; image < unitOf.length; image++) {
    const label = labels[image]!;
    if (groups?.[image] !== undefined) {
      const slot = label * count + unitOf[image]!;
      if (counted.has(slot)) continue;
      counted.add(slot);
    }
    units.set(label, (units.get(label) ?? 0) + 1);
  }
  return units;
}

/**
 * The draws of a bootstrap, one after the other: as many units as there are, with replacement, of
 * whatever class.
 */
export class Draws {
  readonly #units: Units;
  readonly #random: Random;
  /**
   * How often each unit was drawn. A byte: one of more than 255 units is drawn 256 times with a
   * chance below 10^-500.
   */
  readonly #counts: Uint8Array;
  /** How often each image was drawn: the same array where each image is a unit. */
  readonly #weights: Uint8Array;

  constructor(units: Units, seed: number) {
    this.#units = units;
    this.#random = new Random('bootstrap', seed);
    this.#counts = new Uint8Array(units.count);
    const images = units.unitOf.length;
    this.#weights = units.count === images ? this.#counts : new Uint8Array(images);
  }

  /** How often each image was drawn in the next draw. The array is reused. */
  next(): Uint8Array {
    this.#draw(this.#counts.fill(0));
    const counts = this.#counts;
    const weights = this.#weights;
    if (weights === counts) return weights;
    const { unitOf } = this.#units;
    for (let i = 0; i < weights.length; i++) weights[i] = counts[unitOf[i]!]!;
    return weights;
  }

  /** Leaves out the next draw. */
  skip(): void {
    this.#draw();
  }

  #draw(counts?: Uint8Array): void {
    // In parts, since V8 would compile a long first loop before it has seen what follows, and run
    // it slowly from then on.
    const part = 1000;
    const { count } = this.#units;
    for (let i = 0; i < count; i += part)
      this.#random.tally(count, Math.min(part, count - i), counts);
  }
}
