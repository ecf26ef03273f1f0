import type { CodeQuestion, FoundCode } from '../../../stage.ts';
import { type Ffmpeg, findFfmpeg } from './find-ffmpeg.ts';
import { requireH264 } from './h264.ts';

/** Finds the ffmpeg of the `PATH` for images that pass through H.264. Throws a `StageError`. */
export async function findEncoder(question: CodeQuestion): Promise<FoundCode> {
  const found = await findFfmpeg(question, { purpose: '`h264` encodes images', isNamed: false });
  await requireH264((found.start as Ffmpeg).ffmpeg);
  return found;
}
