import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatCountOf } from '../../format-numbers.ts';
import { imagesUnder, videoName } from '../../learning/vision/find-images.ts';
import { UsageError } from '../../user-error.ts';
import { mistake } from '../pipeline-error.ts';

/** What is to be scored; paths are absolute. */
export type PredictionSubject =
  | { readonly type: 'images'; readonly folder: string }
  | { readonly type: 'videos'; readonly paths: readonly string[] };

/**
 * What the words after a model name: a folder of images, or videos and folders of videos. Throws a
 * `UsageError` or a `PipelineError`. `onWarning` hears of videos that are left out.
 */
export function subjectOf(
  words: readonly string[],
  here: string,
  onWarning: (message: string) => void,
): PredictionSubject {
  const paths = [...new Set(words.map((word) => resolve(here, word)))];
  const absent = words.find((word) => !existsSync(resolve(here, word)));
  if (absent !== undefined) {
    const what = videoName.test(absent) ? 'video' : 'folder';
    throw mistake('missing-file', `There is no ${what} ${absent}`);
  }
  const videos = paths.filter(holdsVideos);
  const [folder] = paths;
  const isFolder = folder !== undefined && paths.length === 1 && isDirectory(folder);
  const images = isFolder ? imagesUnder(folder, '').length : 0;
  if (videos.length === paths.length && images === 0 && paths.length > 0)
    return { type: 'videos', paths };
  if (!isFolder) {
    throw new UsageError(
      `Expected one folder of images after the model, or videos, got ${words.join(' ') || 'none'}`,
    );
  }
  if (videos.length > 0) {
    const count = formatCountOf(imagesUnder(folder, '', videoName).length, 'video');
    onWarning(
      `${words[0]} holds images, which are scored, and ${count}, left out: a folder of videos alone, or their names, scores them.`,
    );
  }
  return { type: 'images', folder };
}

const isDirectory = (path: string): boolean => statSync(path).isDirectory();

const holdsVideos = (path: string): boolean =>
  isDirectory(path) ? imagesUnder(path, '', videoName).length > 0 : videoName.test(path);
