import { existsSync } from 'node:fs';
import { z } from 'zod';
import { parseArtifactFile } from '../parse-artifact-file.ts';
import { type MissingVideo, missingVideo } from './dataset.ts';

/**
 * The videos of a split that have no image, by the file that lists them; none where there is no
 * such file. Throws a {@link StageError} for a damaged one.
 */
export function readMissing(
  expected: 'a dataset' | 'features',
  file: string,
  classes: number,
): readonly MissingVideo[] {
  if (!existsSync(file)) return [];
  return parseArtifactFile(expected, file, z.array(missingVideo(classes)));
}
