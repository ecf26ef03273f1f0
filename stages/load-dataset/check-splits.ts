import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { type FoundImage, inSplitOrder, type PlacedImage } from './found-image.ts';

/**
 * Draws the split of every group (or image that stands alone) from its name and the seed alone, so an image that is
 * added moves no other. Shares are therefore met on average, not exactly.
 */
export function drawSplits(
  images: readonly FoundImage[],
  shares: Readonly<Record<string, number>>,
  seed: number,
): readonly PlacedImage[] {
  const splits = inSplitOrder(Object.keys(shares));
  return images.map((image) => {
    const name = image.group === undefined ? `image ${image.path}` : `group ${image.group}`;
    let left = new Random('split', seed, name).float();
    const split = splits.find((split) => {
      left -= shares[split]!;
      return left < 0;
    });
    // A sum of 0.999… leaves a sliver at the end.
    return { ...image, split: split ?? splits.at(-1)! };
  });
}

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

/** Throws a {@link StageError} when a class has no image in some split. */
export function requireEveryClass(
  images: readonly PlacedImage[],
  splits: readonly string[],
  classes: readonly string[],
): void {
  const counts = new Map<string, number>();
  for (const { split, label } of images) {
    const place = `${split} ${label}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const empty = splits.flatMap((split) =>
    classes.filter((_, label) => !counts.has(`${split} ${label}`)).map((name) => `"${name}" in ${split}`),
  );
  if (empty.length === 0) return;
  const got = splits.map(
    (split) =>
      `${split}: ${classes.map((name, label) => `${counts.get(`${split} ${label}`) ?? 0} ${name}`).join(', ')}`,
  );
  throw new StageError(
    `Expected images of every class in every split, got none of ${empty.join(', ')} (${got.join('; ')}).`,
  );
}
