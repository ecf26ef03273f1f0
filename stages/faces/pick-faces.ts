import { groupBy } from '../../src/group-by.ts';
import type { Face } from '../../src/learning/faces/finding/face-finder.ts';
import { areaOf } from '../../src/learning/faces/geometry.ts';
import { landmarksFit } from '../../src/learning/faces/landmarks.ts';
import { trackFaces } from '../../src/learning/faces/people/tracks.ts';
import type { SearchedImage } from './find-faces.ts';
import type { Unit } from './source.ts';
import type { FacesSettings } from './spec.ts';

/** A face of a unit. */
export interface PlacedFace {
  readonly face: Face;
  /** The index of its image in the unit. */
  readonly image: number;
  /** Its position among the faces of its image, from 0; the best score is first. */
  readonly position: number;
  /** From 1 in each video; absent for pictures. */
  readonly track?: number;
  readonly isPicked: boolean;
  /** Whether it would be cut, but cannot be aligned: its landmarks do not fit its box. */
  readonly isMisfit: boolean;
  /**
   * What the key of its crop has after that of its image: `-1`, `-2` where every face is cut. All
   * have it then, so that no crop of `a` is called like one of an image `a-2`.
   */
  readonly suffix: string;
}

/** How much of what was forged in an image lies in each of its faces. */
export type Coverage = (image: number, face: Face) => number;

type Tracked = Omit<PlacedFace, 'isPicked' | 'isMisfit' | 'suffix'>;

/** Which faces are cut, of the settings. */
export type PickSettings = Pick<FacesSettings, 'pick' | 'crop'>;

/**
 * The faces of a unit with their tracks, and which of them are cut. Landmarks decide last, so that
 * no bystander is cut in place of a face that cannot be aligned.
 *
 * @param searched what was found in each image of the unit, in its order.
 */
export function placeFaces(
  searched: readonly SearchedImage[],
  { images, video }: Unit,
  { pick, crop }: PickSettings,
  coverage: Coverage,
): readonly PlacedFace[] {
  const faces = searched.flatMap(({ faces }, image) =>
    faces.map((face, position) => ({ face, image, position })),
  );
  const tracks =
    video !== undefined
      ? trackFaces(
          faces.map(({ face, image }) => ({
            frame: image,
            time: images[image]!.time,
            box: face.box,
            descriptor: face.descriptor!,
          })),
        )
      : undefined;
  const tracked = faces.map(
    (face, index): Tracked => (tracks === undefined ? face : { ...face, track: tracks[index]! }),
  );
  const picked = new Set(pickFrom(tracked, pick, coverage));
  return tracked.map((face) => {
    const suffix = pick === 'all' ? `-${face.position + 1}` : '';
    const { landmarks, box } = face.face;
    const isMisfit = picked.has(face) && crop === undefined && !landmarksFit(landmarks, box);
    return { ...face, isPicked: picked.has(face) && !isMisfit, isMisfit, suffix };
  });
}

function pickFrom(
  faces: readonly Tracked[],
  pick: FacesSettings['pick'],
  coverage: Coverage,
): readonly Tracked[] {
  switch (pick) {
    case 'all':
      return faces;
    case 'largest':
      return ofEachImage(faces, ({ face }) => areaOf(face.box));
    case 'track':
      return ofBestTrack(faces, () => 1);
    case 'mask': {
      const covered = ({ image, face }: Tracked) => coverage(image, face);
      const isForged = faces.some((face) => covered(face) > 0);
      return ofBestTrack(faces, isForged ? covered : () => 1);
    }
  }
}

/**
 * The faces of the track with the largest sum of a measure; of equal sums, that with the largest
 * faces. Pictures have no tracks: of each, the face with the largest measure, or else area.
 */
function ofBestTrack(
  faces: readonly Tracked[],
  measure: (face: Tracked) => number,
): readonly Tracked[] {
  if (faces.some(({ track }) => track === undefined)) {
    return ofEachImage(faces, (face) => measure(face) * 1e9 + areaOf(face.face.box));
  }
  const tracks = [...groupBy(faces, ({ track }) => track!).values()].map((members) => ({
    members,
    total: sumOf(members, measure),
    area: sumOf(members, ({ face }) => areaOf(face.box)),
  }));
  const [best] = tracks.sort((a, b) => b.total - a.total || b.area - a.area);
  return best?.members ?? [];
}

const sumOf = (faces: readonly Tracked[], measure: (face: Tracked) => number): number =>
  faces.reduce((sum, face) => sum + measure(face), 0);

function ofEachImage(
  faces: readonly Tracked[],
  measure: (face: Tracked) => number,
): readonly Tracked[] {
  return [...groupBy(faces, ({ image }) => image).values()].map((members) =>
    members.reduce((best, face) => (measure(face) > measure(best) ? face : best)),
  );
}
