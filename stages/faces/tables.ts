import { type CsvRow, csvTable } from '../../src/csv.ts';
import type { MissingVideo } from '../../src/learning/vision/dataset/dataset.ts';
import type { Highlight } from '../../src/stage.ts';
import { misfitReason, type UnitSummary } from './summary.ts';

/** A video without a crop. */
export type VideoOfSplit = MissingVideo & { readonly split: string };

const faceColumns = [
  'split',
  'class',
  'source',
  'path',
  'video',
  'frame',
  'time',
  'track',
  'person',
  'score',
  'left',
  'top',
  'right',
  'bottom',
  'crop',
  'problem',
  'landmarks',
] as const;

/**
 * A row for each face that counts. `crop` is the key of its crop, empty where it was not cut, and
 * `problem` says why a face that `pick` chose was not; persons are by the names of appearances.
 */
export function facesTable(
  units: readonly UnitSummary[],
  persons: ReadonlyMap<string, string>,
): string {
  const rows = units.flatMap(({ unit, faces }) =>
    faces.map((face): CsvRow => {
      const image = unit.images[face.image]!;
      const { box, score, landmarks } = face;
      return {
        split: image.split,
        class: image.class,
        source: image.source,
        path: image.path,
        video: image.video,
        frame: image.frame,
        time: image.time,
        track: face.track,
        person: persons.get(face.appearance),
        score: rounded(score, 4),
        left: rounded(box.left, 2),
        top: rounded(box.top, 2),
        right: rounded(box.right, 2),
        bottom: rounded(box.bottom, 2),
        crop: face.isPicked ? image.key + face.suffix : '',
        problem: face.isMisfit ? misfitReason : '',
        landmarks,
      };
    }),
  );
  return csvTable(rows, faceColumns);
}

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
