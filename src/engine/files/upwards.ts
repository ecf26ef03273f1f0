import { dirname } from 'node:path';

/** A path and every folder around it, up to the root of the disk. */
export function* upwards(absolute: string): Iterable<string> {
  for (let path = absolute; ; path = dirname(path)) {
    yield path;
    if (dirname(path) === path) return;
  }
}
