import { groupBy } from '../../group-by.ts';
import { mean } from './mean.ts';
import type { ScoreRow } from './scores-file.ts';

/**
 * One row for each group of a split, with the mean scores of its images: the scores of a video from its frames. The key of the row is
 * the group's full name. Rows without a group stay as they are. The result is in the order of each group's first row.
 *
 * A group with several sources or both classes, such as a face and its forgeries by several methods, gives a row for each, with the
 * keys `name, real` and `name, fake` or `name, fake, swap`. All keep the group, so that a bootstrap draws them together.
 */
export function averageGroups(rows: readonly ScoreRow[]): readonly ScoreRow[] {
  const groupOf = ({ split, group }: ScoreRow) => JSON.stringify([split, group]);
  const parts = groupBy(rows, (row) =>
    row.group === undefined ? row : JSON.stringify([groupOf(row), row.label, row.source]),
  );
  const firsts = Array.from(parts.values(), ([first]) => first!);
  const partsOfGroups = groupBy(firsts, groupOf);
  return Array.from(parts.values(), (images) => {
    const [first] = images as [ScoreRow];
    const { split, label, group, source } = first;
    if (group === undefined) return first;
    const name = label === 0 ? 'real' : 'fake';
    const part = source === undefined || source === name ? name : `${name}, ${source}`;
    return {
      key: partsOfGroups.get(groupOf(first))!.length > 1 ? `${group}, ${part}` : group,
      split,
      label,
      real: mean(images.map(({ real }) => real)),
      fake: mean(images.map(({ fake }) => fake)),
      ...(source !== undefined && { source }),
      group,
    };
  });
}
