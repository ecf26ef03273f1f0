import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findFromFolder } from '../../engine/config/find-package.ts';
import { mistake } from '../pipeline-error.ts';

/**
 * The absolute path that a word means, whether anything is there or not. `npm:package/path` is a
 * file or folder of an installed package, looked up from `folder`. Throws a `PipelineError` where
 * the package is not installed or lacks it.
 */
export function pathOfWord(word: string, folder: string): string {
  if (!word.startsWith('npm:') || /\.ya?ml$/.test(word)) return resolve(folder, word);
  const path = findFromFolder(word, folder);
  if (path === undefined) throw mistake('missing-file', `No package of "${word}" is installed`);
  if (existsSync(path)) return path;
  throw mistake('missing-file', `There is no file or folder "${word}"`);
}
