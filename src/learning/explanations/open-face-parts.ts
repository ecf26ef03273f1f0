import { StageError } from '../../stage.ts';
import { type Landmarks, readLandmarks } from '../faces/crops/read-landmarks.ts';
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
  landmarks: Landmarks,
  split: string,
): FaceParts {
  if (samples.every((sample) => landmarks.of(split, sample) === undefined)) {
    throw new StageError(
      `Expected 68 landmarks of images of ${split} in the input "faces", such as ${samples[0]!.path}, got none. ` +
        'Connect the output "faces" of a stage faces that finds the faces of these images.',
    );
  }
  const resize = resizeOf(input);
  return {
    read(sample) {
      const points = landmarks.of(split, sample);
      if (points === undefined) return undefined;
      return paintFaceParts(points.map(placeInView(sample, resize)), input.size);
    },
  };
}
