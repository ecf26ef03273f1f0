import { formatCount, formatShare } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import type { UnitSummary } from './summary.ts';

/** The images of a class, and how many of them have no crop. */
interface Losses {
  readonly name: string;
  readonly images: number;
  readonly lost: number;
}

/** Shares of two classes that differ by less are not worth a warning. */
const leastDifference = 0.1;
/** In standard errors: about one in a hundred differences by chance is larger. */
const leastDeviation = 2.58;

/**
 * The classes with the largest and the smallest share of images without a crop, as a clause, if the
 * shares differ by 10 points or more and by more than chance explains (a test of two proportions
 * with their common variance, at the level of 1 %; frames of a video count as images).
 */
export function unevenLosses(
  units: readonly Pick<UnitSummary, 'unit' | 'missing'>[],
): string | undefined {
  const images = units.flatMap(({ unit, missing }) =>
    unit.images.map((image, index) => ({ name: image.class, isLost: missing.has(index) })),
  );
  const classes = Array.from(
    groupBy(images, ({ name }) => name),
    ([name, members]): Losses => ({
      name,
      images: members.length,
      lost: members.filter(({ isLost }) => isLost).length,
    }),
  );
  const [most, ...others] = classes.toSorted((a, b) => shareOf(b) - shareOf(a));
  const least = others.at(-1);
  if (most === undefined || least === undefined || !differ(most, least)) return undefined;
  return [most, least].map(textOf).join(', ');
}

const shareOf = ({ lost, images }: Losses): number => lost / images;

function differ(most: Losses, least: Losses): boolean {
  const difference = shareOf(most) - shareOf(least);
  const common = (most.lost + least.lost) / (most.images + least.images);
  const error = Math.sqrt(common * (1 - common) * (1 / most.images + 1 / least.images));
  return difference >= leastDifference && difference >= leastDeviation * error;
}

const textOf = (losses: Losses): string =>
  `${losses.name} ${formatShare(shareOf(losses))} (${formatCount(losses.lost)} of ${formatCount(losses.images)})`;
