import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Where a path really lies when the links in its parents are followed, each folder looked at once. What does not exist
 * yet lies where its name says. The last part itself is not followed: publishing replaces a link, it does not write through it.
 */
export class RealPaths {
  readonly #folders = new Map<string, string>();

  of(absolute: string): string {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(this.#folder(parent), basename(absolute));
  }

  #folder(path: string): string {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    let real = this.of(path);
    try {
      if (lstatSync(path).isSymbolicLink()) real = realpathSync.native(path);
    } catch {
      // It does not exist yet, or is a link to nowhere: publishing tells.
    }
    this.#folders.set(path, real);
    return real;
  }
}

/** The path and every folder above it, the nearest first. */
export function* upwards(absolute: string): Iterable<string> {
  for (let path = absolute; ; path = dirname(path)) {
    yield path;
    if (dirname(path) === path) return;
  }
}
