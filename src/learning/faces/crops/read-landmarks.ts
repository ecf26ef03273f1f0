import { readFileSync } from 'node:fs';
import { csvRecords } from '../../../csv.ts';
import { StageError } from '../../../stage.ts';
import type { Sample } from '../../vision/dataset/dataset.ts';
import type { Point } from '../geometry.ts';
import { inverseOf, transform } from './similarity.ts';

/** The landmarks of the faces in the images of a data set. */
export interface Landmarks {
  /**
   * The 68 landmarks of the face in an image of a split, in pixels of the image as a viewer shows
   * it; undefined where none was found. Of an image with several cut faces the first counts.
   */
  of(split: string, sample: Sample): readonly Point[] | undefined;
}

const landmarksOfFace = 68;

const rowKey = (split: string, path: string): string => `${split}\n${path}`;

/**
 * Reads the table that the kind `faces` wrote of images, or of the images that its crops were cut
 * from. Throws a {@link StageError} for a file that is no such table.
 */
export function readLandmarks(file: string): Landmarks {
  const [header, ...records] = csvRecords(readFileSync(file, 'utf8'));
  const columns = ['split', 'path', 'crop', 'landmarks'].map(
    (name) => header?.fields.indexOf(name) ?? -1,
  );
  if (columns.includes(-1)) {
    throw new StageError(
      `Expected in the input "faces" a table of the kind faces, with the columns split, path, crop and landmarks, got ${header?.fields.join(', ') ?? 'an empty file'}.`,
    );
  }
  const byPath = new Map<string, readonly Point[]>();
  const byCrop = new Map<string, readonly Point[]>();
  for (const { fields } of records) {
    const [split, path, crop, positions] = columns.map((column) => fields[column] ?? '');
    const landmarks = pointsOf(positions!);
    if (crop === '' || landmarks.length !== landmarksOfFace) continue;
    const key = rowKey(split!, path!);
    if (!byPath.has(key)) byPath.set(key, landmarks);
    byCrop.set(crop!, landmarks);
  }
  return {
    of(split, { key, path, face }) {
      if (face === undefined) return byPath.get(rowKey(split, path));
      const [a, b, dx, dy] = face.toImage as [number, number, number, number];
      const toCrop = inverseOf({ a, b, dx, dy });
      return byCrop.get(key)?.map((point) => transform(toCrop, point));
    },
  };
}

/** Positions as `faces` writes them: x and y of each in turn, between spaces. */
function pointsOf(text: string): readonly Point[] {
  const numbers = text.split(' ').map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    x: numbers[2 * i]!,
    y: numbers[2 * i + 1]!,
  }));
}
