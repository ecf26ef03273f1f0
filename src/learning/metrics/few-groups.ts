import { formatList } from '../../format-numbers.ts';
import { drawsGroups } from './intervals/bootstrap.ts';
import { unitsByClass } from './intervals/bootstrap-draws.ts';
import type { Unit } from './scores/video-settings.ts';

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
 * without one. Videos whose frames are joined count as the groups of their frames did.
 *
 * @param names The names of the labels. @param split What the intervals are of, such as `test`.
 */
export function fewGroups(
  images: GroupedImages,
  names: readonly string[],
  split: string,
  unit: Unit = 'image',
): string | undefined {
  const areGrouped = drawsGroups(images.groups);
  if (!areGrouped && unit !== 'video') return undefined;
  const counts = [...unitsByClass(images.labels, images.groups)];
  const few = counts.filter(([, count]) => count < fewest).sort(([a], [b]) => a - b);
  if (few.length === 0) return undefined;
  const listed = few.slice(0, 5).map(([label, count]) => `${count} of ${names[label] ?? label}`);
  const more = few.length > listed.length ? ' and fewer than 20 of other classes' : '';
  return (
    `${split} has few ${areGrouped ? 'groups' : 'videos'}: ${formatList(listed)}${more}. With fewer than ${fewest} of a class, intervals are wide, ` +
    'and tests find only large differences.'
  );
}
