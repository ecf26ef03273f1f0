import { mean } from './mean.ts';
import type { ScoreRow } from './scores-file.ts';

/**
 * One row for each group of a split, its scores the means of its images': what a model says of a video by its frames. The
 * row's key is the group's full name. Rows without a group stay as they are.
 *
 * A group that holds several sources or both classes, such as a face and its forgeries by several methods, gives a row for
 * each, keyed `name, real` and `name, fake` or `name, fake, swap`; all keep the group, so that a bootstrap draws them together.
 *
 *     const videos = averageGroups(frames);
 *
 * In the order of each group's first row.
 */
export function averageGroups(rows: readonly ScoreRow[]): readonly ScoreRow[] {
  const units = new Map<string, ScoreRow[]>();
  const parts = new Map<string, Set<string>>();
  for (const [i, row] of rows.entries()) {
    const group = JSON.stringify([row.split, row.group ?? i]);
    const unit = JSON.stringify([group, row.label, row.source]);
    const images = units.get(unit);
    if (images === undefined) units.set(unit, [row]);
    else images.push(row);
    parts.set(group, (parts.get(group) ?? new Set()).add(unit));
  }
  return Array.from(units.values(), (images) => {
    const [first] = images as [ScoreRow];
    const { split, label, group, source } = first;
    if (group === undefined) return first;
    const name = label === 0 ? 'real' : 'fake';
    const part = source === undefined || source === name ? name : `${name}, ${source}`;
    const isMixed = parts.get(JSON.stringify([split, group]))!.size > 1;
    return {
      key: isMixed ? `${group}, ${part}` : group,
      split,
      label,
      real: mean(images.map(({ real }) => real)),
      fake: mean(images.map(({ fake }) => fake)),
      ...(source !== undefined && { source }),
      group,
    };
  });
}
