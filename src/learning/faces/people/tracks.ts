import { groupBy } from '../../../group-by.ts';
import { type Box, overlapOf } from '../geometry.ts';
import { distanceOf } from './descriptors.ts';

/** A face of a frame, as far as tracks need it. */
export interface TrackedFace {
  /** The place of the frame among those that are looked at, which come in order. */
  readonly frame: number;
  /** The frame's time in seconds; absent where it is not known. */
  readonly time?: number | undefined;
  readonly box: Box;
  readonly descriptor: Float32Array;
}

/** Boxes of one face in neighbouring frames overlap at least so much. */
const leastOverlap = 0.3;
/**
 * Descriptors of one face in neighbouring frames are at most so far apart: further than those of
 * some two people, since a face may be blurred there.
 */
const nearby = 0.8;
/** Neighbouring frames are at most so many seconds apart: later, somebody else may be there. */
const neighbourly = 0.5;
/** A face that has moved away, or is seen again after a cut, is the same below this distance. */
const same = 0.5;

interface Track {
  readonly number: number;
  last: TrackedFace;
}

/**
 * The track of every face of a video, numbered from 1 in the order in which they begin. A face goes
 * on with the track whose face in the frame before, at most half a second ago, overlaps it and
 * looks alike, or else with one whose last face looks the same; of several
 * candidates the most alike is taken first. No two faces of a frame share a track.
 */
export function trackFaces(faces: readonly TrackedFace[]): readonly number[] {
  const tracks: Track[] = [];
  const numbers = new Array<number>(faces.length).fill(0);
  const frames = groupBy(faces.keys(), (index) => faces[index]!.frame);
  for (const [frame, indices] of frames) {
    const candidates = indices
      .flatMap((index) =>
        tracks.map((track) => ({ index, track, ...compare(faces[index]!, track) })),
      )
      .filter(({ isSame }) => isSame)
      .sort((first, second) => first.cost - second.cost);
    for (const { index, track } of candidates) {
      if (numbers[index] !== 0 || track.last.frame === frame) continue;
      numbers[index] = track.number;
      track.last = faces[index]!;
    }
    for (const index of indices) {
      if (numbers[index] !== 0) continue;
      tracks.push({ number: tracks.length + 1, last: faces[index]! });
      numbers[index] = tracks.length;
    }
  }
  return numbers;
}

function compare(face: TrackedFace, track: Track) {
  const overlap = overlapOf(face.box, track.last.box);
  const distance = distanceOf(face.descriptor, track.last.descriptor);
  const staysThere = areNeighbours(track.last, face) && overlap >= leastOverlap;
  return { isSame: distance < (staysThere ? nearby : same), cost: distance - overlap };
}

const areNeighbours = (before: TrackedFace, after: TrackedFace): boolean =>
  after.frame - before.frame === 1 && (after.time ?? 0) - (before.time ?? 0) <= neighbourly;
