import type { ScoreRow } from './scores-file.ts';

/**
 * One row for each group of a split, its scores the means of its images': what a model says of a video by its frames. The
 * row's key is the group's full name; its source stays where all of its images share one. Rows without a group stay as
 * they are.
 *
 * A group that holds both classes, such as a face and its forgery, gives a row for each, keyed `name, real` and
 * `name, fake`; both keep the group, so that a bootstrap draws them together.
 *
 *     const videos = averageGroups(frames);
 *
 * In the order of each group's first row.
 */
export function averageGroups(rows: readonly ScoreRow[]): readonly ScoreRow[] {
  const units = new Map<string, ScoreRow[]>();
  const classes = new Map<string, Set<number>>();
  for (const [i, row] of rows.entries()) {
    const group = JSON.stringify([row.split, row.group ?? i]);
    const unit = JSON.stringify([group, row.label]);
    const images = units.get(unit);
    if (images === undefined) units.set(unit, [row]);
    else images.push(row);
    classes.set(group, (classes.get(group) ?? new Set()).add(row.label));
  }
  return Array.from(units.values(), (images) => {
    const [first] = images as [ScoreRow];
    const { split, label, group, source } = first;
    if (group === undefined) return first;
    const isMixed = classes.get(JSON.stringify([split, group]))!.size > 1;
    return {
      key: isMixed ? `${group}, ${label === 0 ? 'real' : 'fake'}` : group,
      split,
      label,
      real: mean(images.map(({ real }) => real)),
      fake: mean(images.map(({ fake }) => fake)),
      ...(source !== undefined && images.every((image) => image.source === source) && { source }),
      group,
    };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
