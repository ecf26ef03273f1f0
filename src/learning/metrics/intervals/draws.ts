import { Random } from '../../../random.ts';

/** What a bootstrap draws: images, or whole groups of them. */
export interface Units {
  /** A stratum for each set of labels that units have, smaller sets first; units are numbered in this order. */
  readonly strata: readonly { readonly labels: readonly number[]; readonly size: number }[];
  /** The unit of each image. */
  readonly unitOf: Uint32Array;
}

/** Finds the units of images, in each stratum in the order of their first images; an image without a group is a unit. */
export function unitsOf(labels: ArrayLike<number>, groups?: readonly (string | undefined)[]): Units {
  if (groups !== undefined && groups.length !== labels.length) {
    throw new RangeError(`Expected a group for each of ${labels.length} labels, got ${groups.length}`);
  }
  const named = new Map<string, number>();
  const sets = new LabelSets();
  const kinds: number[] = []; // of each unit, its set
  const unitOf = new Uint32Array(labels.length);
  for (let image = 0; image < labels.length; image++) {
    const group = groups?.[image];
    const known = group === undefined ? undefined : named.get(group);
    const unit = known ?? kinds.length;
    if (group !== undefined && known === undefined) named.set(group, unit);
    kinds[unit] = sets.with(kinds[unit], labels[image]!);
    unitOf[image] = unit;
  }
  const sizes = sets.all.map(() => 0);
  for (const kind of kinds) sizes[kind]!++;
  const order = sets.inOrder().filter((kind) => sizes[kind]! > 0);
  const next = new Uint32Array(sizes.length);
  for (const [i, kind] of order.entries()) {
    next[kind] = i === 0 ? 0 : next[order[i - 1]!]! + sizes[order[i - 1]!]!;
  }
  const places = Uint32Array.from(kinds, (kind) => next[kind]!++);
  for (let image = 0; image < unitOf.length; image++) unitOf[image] = places[unitOf[image]!]!;
  return { strata: order.map((kind) => ({ labels: sets.all[kind]!, size: sizes[kind]! })), unitOf };
}

/** Sets of labels by number, each once. */
class LabelSets {
  readonly all: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  /** By the step that leads to a set: its label, and the number of the set before. */
  readonly #larger = new Map<number, number>();

  /** The number of the set that a label makes with those of another set, if there is one. */
  with(set: number | undefined, label: number): number {
    const step = 65536 * (set === undefined ? 0 : set + 1) + label;
    const found = this.#larger.get(step);
    if (found !== undefined) return found;
    const labels = [...new Set([...(set === undefined ? [] : this.all[set]!), label])].sort((a, b) => a - b);
    const number = this.#numbers.get(labels.join()) ?? this.all.push(labels) - 1;
    this.#numbers.set(labels.join(), number);
    this.#larger.set(step, number);
    return number;
  }

  /** Smaller sets first, then by their labels: of two classes {0}, {1}, {0, 1}. */
  inOrder(): readonly number[] {
    const firstOther = (a: readonly number[], b: readonly number[]) => a.findIndex((label, i) => label !== b[i]);
    return [...this.all.keys()].sort((one, other) => {
      const [a, b] = [this.all[one]!, this.all[other]!];
      const at = Math.max(0, firstOther(a, b));
      return a.length - b.length || a[at]! - b[at]!;
    });
  }
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
    this.#counts = new Uint8Array(units.strata.reduce((sum, { size }) => sum + size, 0));
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
    // In parts, since V8 would compile a long first loop before it has seen what follows, and run it slowly from then on.
    const part = 1000;
    let from = 0;
    for (const { size } of this.#units.strata) {
      for (let i = 0; i < size; i += part) this.#random.tally(size, Math.min(part, size - i), counts, from);
      from += size;
    }
  }
}
