import { realpathSync } from 'node:fs';
import { basename, extname } from 'node:path';

/**
 * The name that the user gave a file: a stage sees a link to it, which is called like the input.
 * Files of the store have no extension, so the name of a link to one is the better one.
 */
export function fileName(path: string): string {
  const name = basename(realpathSync(path));
  return extname(name) === '' ? basename(path) : name;
}
