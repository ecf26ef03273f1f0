import { StageError } from '../../src/stage.ts';
import { inSplitOrder, type PlacedImage } from './found-image.ts';

/** Groups that lie in several splits, with these splits. */
export function crossingGroups(images: readonly PlacedImage[]): ReadonlyMap<string, readonly string[]> {
  const splits = new Map<string, Set<string>>();
  for (const { group, split } of images) {
    if (group === undefined) continue;
    const seen = splits.get(group);
    if (seen === undefined) splits.set(group, new Set([split]));
    else seen.add(split);
  }
  const crossing = [...splits].filter(([, seen]) => seen.size > 1);
  return new Map(crossing.map(([group, seen]) => [group, inSplitOrder(seen)]));
}

/** Throws a {@link StageError} when a class has no image in some split; `drawn` splits are told what would help. */
export function requireEveryClass(
  images: readonly PlacedImage[],
  splits: readonly string[],
  classes: readonly string[],
  drawn: boolean,
): void {
  const counts = countPlaces(images);
  const empty = splits.flatMap((split) =>
    [...classes.keys()].filter((label) => !counts.has(placeOf(split, label))).map((label) => ({ split, label })),
  );
  if (empty.length === 0) return;
  const got = splits.map(
    (split) =>
      `${split}: ${classes.map((name, label) => `${counts.get(placeOf(split, label)) ?? 0} ${name}`).join(', ')}`,
  );
  const missing = empty.map(({ split, label }) => `"${classes[label]}" in ${split}`).join(', ');
  const hint = drawn ? ` ${whatHelps(images, splits.length, classes, empty[0]!.label)}` : '';
  throw new StageError(
    `Expected images of every class in every split, got none of ${missing} (${got.join('; ')}).${hint}`,
  );
}

/** What would let a class reach every split, in a sentence or two. */
function whatHelps(images: readonly PlacedImage[], splits: number, classes: readonly string[], label: number): string {
  const own = images.filter((image) => image.label === label);
  const groups = sizesOfGroups(own);
  const units = groups.length + own.filter(({ group }) => group === undefined).length;
  const [largest] = sizesOfGroups(images);
  const narrower =
    largest === undefined
      ? ''
      : `, or a \`group\` that joins fewer images (the largest group, "${largest.group}", has ${largest.size} of ${images.length})`;
  if (units >= splits) return `Another \`seed\` may help, or fewer splits${narrower}.`;
  const unit = plural(units, groups.length > 0 ? 'group' : 'image');
  return `${unit} cannot bring "${classes[label]}" into ${splits} splits: take fewer splits, or more images${narrower}.`;
}

/** Groups with their numbers of images, the largest first. */
function sizesOfGroups(images: readonly PlacedImage[]): readonly { readonly group: string; readonly size: number }[] {
  const sizes = new Map<string, number>();
  for (const { group } of images) if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return [...sizes].map(([group, size]) => ({ group, size })).sort((a, b) => b.size - a.size);
}

/**
 * Where groups made a split's part of a class miss its share by more than a fifth and by an image or more: a line each,
 * such as `val has 14 of 60 real, 23.3 % where its share is 15 %`.
 */
export function farFromShares(
  images: readonly PlacedImage[],
  shares: Readonly<Record<string, number>>,
  classes: readonly string[],
): readonly string[] {
  if (images.every(({ group }) => group === undefined)) return []; // only rounded
  const counts = countPlaces(images);
  return inSplitOrder(Object.keys(shares)).flatMap((split) =>
    classes.flatMap((name, label) => {
      const total = images.filter((image) => image.label === label).length;
      const count = counts.get(placeOf(split, label)) ?? 0;
      const wanted = shares[split]! * total;
      if (Math.abs(count - wanted) < Math.max(1, 0.2 * wanted)) return [];
      return [
        `${split} has ${count} of ${total} ${name}, ${percent(count / total)} where its share is ${percent(shares[split]!)}`,
      ];
    }),
  );
}

function countPlaces(images: readonly PlacedImage[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { split, label } of images) {
    const place = placeOf(split, label);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

const placeOf = (split: string, label: number) => `${split} ${label}`;
const percent = (part: number) => `${Number((100 * part).toFixed(1))} %`;
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
