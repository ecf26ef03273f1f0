import { groupBy } from '../../src/group-by.ts';
import {
  type FoundImage,
  inSplitOrder,
  type PlacedImage,
} from '../../src/learning/vision/lists/found-image.ts';
import { Random } from '../../src/random.ts';
import { compare } from '../../src/sort-order.ts';

/**
 * Gives every image a split, so that each split holds its share of every class; `shares` are above
 * 0, their sum is 1. Groups stay whole: in an order drawn from the seed, each goes to the split
 * that is furthest below its shares. Images that stand alone then fill the gaps, so without groups
 * every split has its share of every class, rounded up or down. Names and the seed alone decide:
 * the order of `images` does not, and one more image that stands alone moves few others.
 */
export function drawSplits(
  images: readonly FoundImage[],
  shares: Readonly<Record<string, number>>,
  seed: number,
): readonly PlacedImage[] {
  const units = inDrawnOrder(unitsOf(images), seed);
  const classes = 1 + images.reduce((last, { label }) => Math.max(last, label), 0);
  const splits = inSplitOrder(Object.keys(shares)).map(
    (name): Filling => ({ name, share: shares[name]!, counts: new Array<number>(classes).fill(0) }),
  );
  const assigned = new Map<string, string>();
  const assign = (unit: Unit, split: Filling) => {
    assigned.set(unit.name, split.name);
    for (const [label, count] of unit.counts) split.counts[label]! += count;
  };
  assignGroups(units, splits, assign);
  assignAlone(units, splits, assign);
  return images.map((image) => ({ ...image, split: assigned.get(unitName(image))! }));
}

/**
 * {@link drawSplits} with the shares of every source of every class, rather than of every class.
 */
export function drawBySource(
  ...[images, shares, seed]: Parameters<typeof drawSplits>
): readonly PlacedImage[] {
  const strata = [
    ...groupBy(images, ({ label, source }) => JSON.stringify([label, source])).values(),
  ];
  const stratumOf = new Map(
    strata.flatMap((members, stratum) => members.map(({ path }) => [path, stratum] as const)),
  );
  const drawn = drawSplits(
    images.map((image) => ({ ...image, label: stratumOf.get(image.path)! })),
    shares,
    seed,
  );
  return images.map((image, i) => ({ ...image, split: drawn[i]!.split }));
}

/** A unit that stays in one split: a group, or an image that stands alone. */
type Unit = ReturnType<typeof unitsOf>[number];

/** A split, and how many images of each label it has so far. */
interface Filling {
  readonly name: string;
  readonly share: number;
  readonly counts: number[];
}

type Assign = (unit: Unit, split: Filling) => void;

const unitName = ({ path, group }: FoundImage) =>
  group === undefined ? `image ${path}` : `group ${group}`;

/** `counts` are the images of a unit by their label. */
function unitsOf(images: readonly FoundImage[]) {
  return Array.from(groupBy(images, unitName), ([name, members]) => {
    const labels = groupBy(members, ({ label }) => label);
    const counts: ReadonlyMap<number, number> = new Map(
      Array.from(labels, ([label, { length }]) => [label, length]),
    );
    return { name, alone: members[0]!.group === undefined, counts };
  });
}

/**
 * A unit's name alone decides its position in the order, so that a further unit does not reorder
 * the others.
 */
function inDrawnOrder(units: readonly Unit[], seed: number): readonly Unit[] {
  const drawn = units.map((unit) => ({ unit, at: new Random('split', seed, unit.name).float() }));
  return drawn
    .sort((a, b) => a.at - b.at || compare(a.unit.name, b.unit.name))
    .map(({ unit }) => unit);
}

function assignGroups(units: readonly Unit[], splits: readonly Filling[], assign: Assign): void {
  const images = new Map<number, number>();
  const unassigned = new Map<number, number>(); // units that have a label and are not assigned yet
  for (const { counts } of units) {
    for (const [label, count] of counts) {
      images.set(label, (images.get(label) ?? 0) + count);
      unassigned.set(label, (unassigned.get(label) ?? 0) + 1);
    }
  }
  for (const unit of units) {
    if (unit.alone) continue;
    const costs = candidates(unit, splits, unassigned).map((split) => ({
      split,
      cost: costOf(unit, split, images),
    }));
    assign(unit, costs.reduce((best, next) => (next.cost < best.cost ? next : best)).split);
    for (const label of unit.counts.keys()) unassigned.set(label, unassigned.get(label)! - 1);
  }
}

/**
 * All splits; but if a class has only just enough units left for the splits without it, only these
 * splits.
 */
function candidates(
  unit: Unit,
  splits: readonly Filling[],
  unassigned: ReadonlyMap<number, number>,
): readonly Filling[] {
  for (const label of unit.counts.keys()) {
    const empty = splits.filter(({ counts }) => counts[label] === 0);
    if (empty.length > 0 && unassigned.get(label)! <= empty.length) return empty;
  }
  return splits;
}

/**
 * How much farther from its shares a split would be with the unit: the change of its squared
 * distance relative to the share, as in Pearson's chi-squared, over all classes of the unit. Least
 * for the split that is furthest below.
 */
function costOf({ counts }: Unit, split: Filling, images: ReadonlyMap<number, number>): number {
  let cost = 0;
  for (const [label, count] of counts) {
    const total = images.get(label)!;
    const above = split.counts[label]! / total - split.share;
    const more = count / total;
    cost += (more * (2 * above + more)) / split.share;
  }
  return cost;
}

/**
 * Deals out the images that stand alone, class by class and in their drawn order, to one split
 * after the other.
 */
function assignAlone(units: readonly Unit[], splits: readonly Filling[], assign: Assign): void {
  for (const label of splits[0]!.counts.keys()) {
    const alone = units.filter((unit) => unit.alone && unit.counts.has(label));
    if (alone.length === 0) continue;
    const total = splits.reduce((sum, { counts }) => sum + counts[label]!, alone.length);
    const missing = splits.map(({ share, counts }) => Math.max(0, share * total - counts[label]!));
    const numbers = apportion(alone.length, missing, (index) => splits[index]!.counts[label] === 0);
    let start = 0;
    for (const [index, split] of splits.entries()) {
      for (const unit of alone.slice(start, start + numbers[index]!)) assign(unit, split);
      start += numbers[index]!;
    }
  }
}

/**
 * Whole numbers with the sum `total` in proportion to `weights` (0 or more, not all 0): each is its
 * exact part rounded down or up. Those of `first` are rounded up before others, then by the largest
 * remainder (Hamilton's method).
 */
function apportion(
  total: number,
  weights: readonly number[],
  first: (index: number) => boolean,
): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const whole = exact.map((part) => Math.floor(part + 1e-9)); // 0.15 * 60 may come out below 9
  const remaining = total - whole.reduce((a, b) => a + b, 0);
  const remainder = (index: number) => exact[index]! - whole[index]!;
  const empty = (index: number) => Number(whole[index] === 0 && first(index));
  const order = [...weights.keys()].filter((index) => weights[index]! > 0);
  order.sort((a, b) => empty(b) - empty(a) || remainder(b) - remainder(a) || a - b);
  for (const index of order.slice(0, remaining)) whole[index]! += 1;
  return whole;
}
