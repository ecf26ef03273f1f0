import { permutation, type Random } from '../../random.ts';

/** What decides which images belong together. */
export interface PairedItem {
  /** The name of a photograph and its forgeries, by the stage that made them. */
  readonly pair?: string | undefined;
  readonly group?: string | undefined;
  readonly frame?: number | undefined;
}

/**
 * The indices of the items that belong together, in their order: those of one pair; of items
 * without a pair those of one group, of videos also of one frame. An item without a group is alone.
 * A group may have the photographs of a person, which would fill a batch.
 */
export function unitsOf(items: readonly PairedItem[]): readonly (readonly number[])[] {
  const units = new Map<string, number[]>();
  for (const [index, item] of items.entries()) {
    const key = unitName(item) ?? `alone ${index}`;
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [index]);
    else unit.push(index);
  }
  return [...units.values()];
}

function unitName({ pair, group, frame }: PairedItem): string | undefined {
  if (pair !== undefined) return `pair ${pair}`;
  return group === undefined ? undefined : JSON.stringify([group, frame]);
}

/**
 * A random order of items in which those of a unit lie in one batch: batches are parts of the order
 * of `batchSize` items each, the last one of what remains. The units are shuffled. Each batch takes
 * the first ones that have room in it; where none has, the first one is divided. Units that divide
 * the batch size evenly are never divided.
 *
 * Example: units of 2 in batches of 4 lie together, two in each batch.
 */
export function pairedOrder(
  units: readonly (readonly number[])[],
  batchSize: number,
  random: Random,
): Uint32Array {
  const shuffled = Array.from(permutation(units.length, random), (unit) => units[unit]!);
  const order = new Uint32Array(units.reduce((sum, { length }) => sum + length, 0));
  /** Places of units in the shuffled order, by their size; taken from the front. */
  const waiting = new Map<number, { readonly places: number[]; next: number }>();
  for (const [place, { length }] of shuffled.entries()) {
    const queue = waiting.get(length) ?? { places: [], next: 0 };
    waiting.set(length, queue);
    queue.places.push(place);
  }
  const firstOf = (most: number) => {
    let first: { readonly places: number[]; next: number } | undefined;
    for (const [size, queue] of waiting) {
      const place = queue.places[queue.next];
      if (size > most || place === undefined) continue;
      if (first === undefined || place < first.places[first.next]!) first = queue;
    }
    return first;
  };
  for (let at = 0; at < order.length; ) {
    const room = batchSize - (at % batchSize);
    const queue = firstOf(room) ?? firstOf(Number.POSITIVE_INFINITY)!;
    const unit = shuffled[queue.places[queue.next++]!]!;
    order.set(unit, at);
    at += unit.length;
  }
  return order;
}

/** How many units of several items lie in more than one batch of an order. */
export function countDivided(
  units: readonly (readonly number[])[],
  order: Uint32Array,
  batchSize: number,
): number {
  const batchOf = new Uint32Array(order.length);
  for (const [place, item] of order.entries()) batchOf[item] = Math.floor(place / batchSize);
  const isDivided = (unit: readonly number[]) =>
    unit.some((item) => batchOf[item] !== batchOf[unit[0]!]);
  return units.filter(isDivided).length;
}
