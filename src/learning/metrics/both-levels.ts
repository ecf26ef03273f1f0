import { formatEstimate } from '../../format-numbers.ts';
import type { Highlight } from '../../stage.ts';
import { differenceOf } from './comparison/row-statistics.ts';
import { aucInterval } from './intervals/auc-interval.ts';
import type { BinaryRow } from './scores/binary-view.ts';

/** A model's scores of videos, and those of the images that they were joined from. */
export interface LeveledScores {
  readonly name: string;
  readonly rows: readonly BinaryRow[];
  /** Absent where videos are not judged. */
  readonly imageRows?: readonly BinaryRow[] | undefined;
}

/**
 * The AUC of images and that of videos beside each other, with their intervals of a `level` above 0
 * and below 1: they may differ by several points. Undefined where videos are not judged.
 */
export function bothLevelsTable(
  models: readonly LeveledScores[],
  level: number,
): Highlight | undefined {
  const aucOf = (rows: readonly BinaryRow[]) => {
    const images = {
      labels: rows.map(({ label }) => label),
      groups: rows.map(({ group }) => group),
    };
    return formatEstimate(aucInterval(images, rows.map(differenceOf), level));
  };
  const rows = models.flatMap(({ name, rows: videos, imageRows }) =>
    imageRows === undefined
      ? []
      : [
          [name, 'images', imageRows.length, aucOf(imageRows)],
          [name, 'videos', videos.length, aucOf(videos)],
        ],
  );
  if (rows.length === 0) return undefined;
  return { title: 'Images and videos', columns: ['model', 'judged', 'number', 'AUC'], rows };
}
