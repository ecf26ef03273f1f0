import type { Ffmpeg } from '../../src/learning/vision/ffmpeg/find-ffmpeg.ts';
import { evenSides, h264Words } from '../../src/learning/vision/ffmpeg/h264.ts';
import { decodeVideo, runProgram } from './ffmpeg-process.ts';
import type { VideoFacts } from './probe.ts';

/** A stream of pictures in a file. */
export interface VideoStream {
  readonly path: string;
  /** The number of the stream in the file. */
  readonly stream: number;
}

interface RecodeOptions {
  readonly programs: Ffmpeg;
  /** The constant rate factor, 0 to 51. */
  readonly rateFactor: number;
  /** Threads of the decoder. */
  readonly threads: number;
  readonly facts: VideoFacts;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/**
 * Encodes a video again as H.264, at the size at which a player shows it, into a Matroska file.
 * Every frame keeps its place and its time, so that the frames of both can be compared. Throws a
 * `VideoError`.
 */
export async function recodeVideo(
  video: string,
  path: string,
  { programs, rateFactor, threads, facts, deadline }: RecodeOptions,
): Promise<VideoStream> {
  await runProgram({
    program: programs.ffmpeg,
    words: [
      ...decodeVideo(video, { level: 'error', threads }),
      '-map',
      `0:${facts.stream}`,
      '-vf',
      evenSides(facts),
      ...programs.everyFrame,
      // Otherwise times are rounded to the mean rate, and frames of uneven times fall together.
      '-enc_time_base',
      '1:90000',
      ...h264Words(rateFactor),
      '-f',
      'matroska',
      `file:${path}`,
    ],
    deadline,
    reason: ([first = 'ffmpeg failed']) => `it cannot be encoded again (${first})`,
    hear: () => {},
    read: async (output) => void output.resume(),
  });
  return { path, stream: 0 };
}
