import { formatList } from '../../format-numbers.ts';
import { drawsGroups } from './intervals/bootstrap.ts';
import { unitsByClass } from './intervals/bootstrap-draws.ts';

/** With fewer groups of a class, intervals are wide, and the spread itself is known badly. */
const fewest = 20;

/** Images by class, and the group of each that has one. */
interface GroupedImages {
  readonly labels: ArrayLike<number>;
  readonly groups?: readonly (string | undefined)[] | undefined;
}

/**
 * A warning where images come in groups, such as frames of videos, and these are few, as one
 * sentence; undefined otherwise. A group that several images share counts once, like an image
 * without one.
 *
 * @param names The names of the labels. @param unit What the intervals are of, such as `test`.
 */
export function fewGroups(
  images: GroupedImages,
  names: readonly string[],
  unit: string,
): string | undefined {
  if (!drawsGroups(images.groups)) return undefined;
  const counts = [...unitsByClass(images.labels, images.groups)];
  const few = counts.filter(([, count]) => count < fewest).sort(([a], [b]) => a - b);
  if (few.length === 0) return undefined;
  const listed = few.slice(0, 5).map(([label, count]) => `${count} of ${names[label] ?? label}`);
  const more = few.length > listed.length ? ' and fewer than 20 of other classes' : '';
  return (
    `${unit} has few groups: ${formatList(listed)}${more}. With fewer than ${fewest} of a class, intervals are wide, ` +
    'and tests find only large differences.'
  );
}
