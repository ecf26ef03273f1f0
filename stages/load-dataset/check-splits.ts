import { formatCountOf, formatShare } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { inSplitOrder, type PlacedImage } from '../../src/learning/vision/lists/found-image.ts';
import { StageError } from '../../src/stage.ts';

/** Groups that lie in several splits, with these splits. */
export function crossingGroups(
  images: readonly PlacedImage[],
): ReadonlyMap<string, readonly string[]> {
  const splitsOf = (members: readonly PlacedImage[]) =>
    inSplitOrder(members.map(({ split }) => split));
  const groups = Array.from(
    groupsOf(images),
    ([group, members]) => [group, splitsOf(members)] as const,
  );
  return new Map(groups.filter(([, splits]) => splits.length > 1));
}

const groupsOf = (images: readonly PlacedImage[]): ReadonlyMap<string, readonly PlacedImage[]> =>
  groupBy(
    images.filter(({ group }) => group !== undefined),
    ({ group }) => group!,
  );

/** How splits are drawn. */
export interface Drawing {
  /** Whether one image may join several names into a group, such as the pair of a forgery. */
  readonly joinsNames: boolean;
}

/**
 * Throws a {@link StageError} when a class has no image in some split; with `drawn` splits the
 * message says what would help.
 */
export function requireEveryClass(
  images: readonly PlacedImage[],
  splits: readonly string[],
  classes: readonly string[],
  drawn: Drawing | undefined,
): void {
  const count = countBySplitAndLabel(images);
  const empty = splits.flatMap((split) =>
    [...classes.keys()]
      .filter((label) => count(split, label) === 0)
      .map((label) => ({ split, label })),
  );
  if (empty.length === 0) return;
  const got = splits.map(
    (split) =>
      `${split}: ${classes.map((name, label) => `${count(split, label)} ${name}`).join(', ')}`,
  );
  const missing = empty.map(({ split, label }) => `"${classes[label]}" in ${split}`).join(', ');
  const helps = drawn && [
    whatHelps(images, splits.length, classes, empty[0]!.label),
    ...chainOf(images, drawn),
  ];
  const hint = helps === undefined ? '' : ` ${helps.join(' ')}`;
  throw new StageError(
    `Expected images of every class in every split, got none of ${missing} (${got.join('; ')}).${hint}`,
  );
}

/** Why a group may have most images, as a sentence. */
function chainOf(images: readonly PlacedImage[], { joinsNames }: Drawing): readonly string[] {
  const groups = [...groupsOf(images).values()];
  return joinsNames && groups.some(({ length }) => length > images.length / 2)
    ? [
        'An image with two names joins their groups, and pairs chain: 001_002, 002_003 and 003_004 are one group.',
      ]
    : [];
}

/** What would let a class reach every split, in a sentence or two. */
function whatHelps(
  images: readonly PlacedImage[],
  splits: number,
  classes: readonly string[],
  label: number,
): string {
  const ofClass = images.filter((image) => image.label === label);
  const groups = groupsOf(ofClass).size;
  const units = groups + ofClass.filter(({ group }) => group === undefined).length;
  const [largest] = [...groupsOf(images)].sort(([, a], [, b]) => b.length - a.length);
  const narrower =
    largest === undefined
      ? ''
      : `, or a \`group\` that joins fewer images (the largest group, "${largest[0]}", has ${largest[1].length} of ${images.length})`;
  if (units >= splits) return `Another \`seed\` may help, or fewer splits${narrower}.`;
  const unit = formatCountOf(units, groups > 0 ? 'group' : 'image');
  const are = units === 1 ? 'is' : 'are';
  return `${unit} ${are} too few to put "${classes[label]}" into ${splits} splits: take fewer splits, or more images${narrower}.`;
}

/**
 * Parts of a class that miss their share because of groups, by more than a fifth and by an image or
 * more: a line for each, such as `val has 14 of 60 cats, 23.3 % where its share is 15.0 %`.
 */
export function farFromShares(
  images: readonly PlacedImage[],
  shares: Readonly<Record<string, number>>,
  classes: readonly string[],
): readonly string[] {
  if (images.every(({ group }) => group === undefined)) return []; // only rounded
  const count = countBySplitAndLabel(images);
  return inSplitOrder(Object.keys(shares)).flatMap((split) =>
    classes.flatMap((name, label) => {
      const total = images.filter((image) => image.label === label).length;
      const drawn = count(split, label);
      const wanted = shares[split]! * total;
      if (Math.abs(drawn - wanted) < Math.max(1, 0.2 * wanted)) return [];
      return [
        `${split} has ${drawn} of ${total} ${name}, ${formatShare(drawn / total)} where its share is ${formatShare(shares[split]!)}`,
      ];
    }),
  );
}

function countBySplitAndLabel(
  images: readonly PlacedImage[],
): (split: string, label: number) => number {
  const groups = groupBy(images, ({ split, label }) => `${split} ${label}`);
  return (split, label) => groups.get(`${split} ${label}`)?.length ?? 0;
}
