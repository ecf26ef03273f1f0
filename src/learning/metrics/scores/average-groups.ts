import { groupBy } from '../../../group-by.ts';
import { mean } from '../arithmetic/mean.ts';
import type { ScoreRow, ScoreTable } from './scores-file.ts';

/**
 * One row for each group of a split, with the mean scores of its images: the scores of a video from
 * its frames. Rows without a group stay; the order is that of each group's first row. The key of a
 * row is the group's name. A group with several sources or classes, such as a face and its
 * forgeries, gives a row for each, `name, class` and `name, class, swap`; a bootstrap draws them
 * together.
 */
export function averageGroups({ rows, ...table }: ScoreTable): ScoreTable {
  const groupOf = ({ split, group }: ScoreRow) => JSON.stringify([split, group]);
  const parts = groupBy(rows, (row) =>
    row.group === undefined ? row : JSON.stringify([groupOf(row), row.label, row.source]),
  );
  const firsts = Array.from(parts.values(), ([first]) => first!);
  const partsOfGroups = groupBy(firsts, groupOf);
  const averaged = Array.from(parts.values(), (images) => {
    const [first] = images as [ScoreRow];
    const { split, label, group, source, scoredBy } = first;
    if (group === undefined) return first;
    const name = table.names[label]!;
    const slices = commonSlices(images);
    const part = source === undefined || source === name ? name : `${name}, ${source}`;
    return {
      key: partsOfGroups.get(groupOf(first))!.length > 1 ? `${group}, ${part}` : group,
      split,
      label,
      scores: first.scores.map((_, c) => mean(images.map(({ scores }) => scores[c]!))),
      ...(first.class !== undefined && { class: first.class }),
      ...(source !== undefined && { source }),
      group,
      ...(slices !== undefined && { slices }),
      ...(scoredBy !== undefined && { scoredBy }),
    };
  });
  return { ...table, rows: averaged };
}

/** The slices in which all images agree; undefined for none. */
export function commonSlices(images: readonly ScoreRow[]): ScoreRow['slices'] {
  const common = Object.entries(images[0]!.slices ?? {}).filter(([name, value]) =>
    images.every(({ slices }) => slices?.[name] === value),
  );
  return common.length === 0 ? undefined : Object.fromEntries(common);
}
