import { readFileSync } from 'node:fs';
import { csvRecords } from '../../csv.ts';
import { StageError } from '../../stage.ts';
import { inverseOf, transform } from '../faces/crops/similarity.ts';
import type { Point } from '../faces/geometry.ts';
import { paintFaceParts } from '../faces/parts/face-parts.ts';
import { placeInView } from '../faces/parts/place-in-view.ts';
import { type ImageInput, resizeOf } from '../models/model-info.ts';
import type { Sample } from '../vision/dataset/dataset.ts';

/** The images of a split, and how a network sees them. */
interface ImagesOfFaces {
  readonly samples: readonly Sample[];
  readonly input: ImageInput;
}

/** The parts of the faces in the images of a split. */
export interface FaceParts {
  /**
   * The part of each pixel as the network sees it, `[size, size]`, as an index of
   * `facePartNames`; undefined for an image without a face.
   */
  read(sample: Sample): Uint8Array | undefined;
}

/** The landmarks of the cut faces, by split and image, and by the key of their crop. */
interface Landmarks {
  readonly byPath: ReadonlyMap<string, readonly Point[]>;
  readonly byCrop: ReadonlyMap<string, readonly Point[]>;
}

const landmarksOfFace = 68;

/**
 * The parts of faces for each subject, of the tables that `faces` wrote of its images, or of the
 * images that its crops were cut from; undefined without tables. Of an image with several cut faces
 * the first counts. Throws a {@link StageError} for a file that is no such table, and for one
 * without landmarks of any of the images.
 */
export function openFaceParts(
  subjects: readonly ImagesOfFaces[],
  files: readonly string[],
  split: string,
): readonly (FaceParts | undefined)[] {
  if (files.length === 0) return subjects.map(() => undefined);
  return subjects.map((subject, i) => partsOfSubject(subject, readLandmarks(files[i]!), split));
}

function partsOfSubject(
  { samples, input }: ImagesOfFaces,
  { byPath, byCrop }: Landmarks,
  split: string,
): FaceParts {
  /** In pixels of the sample, upright. */
  const landmarksOf = ({ key, path, face }: Sample): readonly Point[] | undefined => {
    if (face === undefined) return byPath.get(rowKey(split, path));
    const [a, b, dx, dy] = face.toImage as [number, number, number, number];
    const toCrop = inverseOf({ a, b, dx, dy });
    return byCrop.get(key)?.map((point) => transform(toCrop, point));
  };
  if (samples.every((sample) => landmarksOf(sample) === undefined)) {
    throw new StageError(
      `Expected 68 landmarks of images of ${split} in the input "faces", such as ${samples[0]!.path}, got none. ` +
        'Connect the output "faces" of a stage faces that finds the faces of these images.',
    );
  }
  const resize = resizeOf(input);
  return {
    read(sample) {
      const landmarks = landmarksOf(sample);
      if (landmarks === undefined) return undefined;
      return paintFaceParts(landmarks.map(placeInView(sample, resize)), input.size);
    },
  };
}

const rowKey = (split: string, path: string): string => `${split}\n${path}`;

/** The landmarks of the faces that were cut, of a table of `faces`. */
function readLandmarks(file: string): Landmarks {
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
  return { byPath, byCrop };
}

/** Positions as `faces` writes them: x and y of each in turn, between spaces. */
function pointsOf(text: string): readonly Point[] {
  const numbers = text.split(' ').map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    x: numbers[2 * i]!,
    y: numbers[2 * i + 1]!,
  }));
}
