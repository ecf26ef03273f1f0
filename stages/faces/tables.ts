import { type CsvRow, csvTable } from '../../src/csv.ts';
import type { MissingVideo } from '../../src/learning/vision/dataset/dataset.ts';
import type { Highlight } from '../../src/stage.ts';
import type { UnitSummary } from './summary.ts';

/** A video without a crop. */
export type VideoOfSplit = MissingVideo & { readonly split: string };

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const missingColumns = [
  'split',
  'class',
  'source',
  'path',
  'video',
  'frame',
  'time',
  'reason',
] as const;

/** A row for each image and each video without a crop; that of a video has no path. */
export function missingTable(
  units: readonly UnitSummary[],
  videos: readonly VideoOfSplit[],
): string {
  const images = units.flatMap(({ unit, missing }) =>
    Array.from(missing, ([index, reason]): CsvRow => {
      const { split, source, path, video, frame, time, ...image } = unit.images[index]!;
      return { split, class: image.class, source, path, video, frame, time, reason };
    }),
  );
  const rows = videos.map(({ split, source, video, reason, ...missing }): CsvRow => {
    return { split, class: missing.class, source, video, reason };
  });
  return csvTable([...images, ...rows], missingColumns);
}

/** Numbers of a split, class and source. */
interface Counts {
  videos: number;
  images: number;
  crops: number;
  missing: number;
}

/** Images, crops and what has none, by split, class and source. */
export function summaryTable(units: readonly UnitSummary[]): Highlight {
  const groups = new Map<string, Counts>();
  const countsOf = (names: readonly string[]): Counts => {
    const key = JSON.stringify(names);
    const counts = groups.get(key) ?? { videos: 0, images: 0, crops: 0, missing: 0 };
    groups.set(key, counts);
    return counts;
  };
  for (const { unit, faces, missing } of units) {
    for (const [index, image] of unit.images.entries()) {
      const counts = countsOf([image.split, image.class, image.source]);
      counts.images += 1;
      counts.missing += Number(missing.has(index));
      counts.videos += Number(index === 0);
    }
    for (const { isPicked, image } of faces) {
      const { split, class: name, source } = unit.images[image]!;
      countsOf([split, name, source]).crops += Number(isPicked);
    }
  }
  const haveVideos = units.some(({ unit }) => unit.video !== undefined);
  const columns = ['split', 'class', 'source', ...(haveVideos ? ['videos'] : [])];
  return {
    title: 'Faces',
    role: 'data',
    columns: [...columns, 'images', 'crops', 'images without a crop'],
    rows: Array.from(groups, ([key, { videos, images, crops, missing }]) => [
      ...(JSON.parse(key) as string[]),
      ...(haveVideos ? [videos] : []),
      images,
      crops,
      missing,
    ]),
  };
}
