import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a path that leads to a file or folder: a link, or a copy where the system cannot follow a
 * link. With Yarn's Plug'n'Play the files of packages lie in archives, which only this process can
 * look into. A target that is gone gets its link, and is found missing when it is read.
 */
export function linkOrCopy(target: string, path: string): 'link' | 'copy' {
  symlinkSync(target, path);
  if (existsSync(path) || !existsSync(target)) return 'link';
  unlinkSync(path);
  copyTree(target, path);
  return 'copy';
}

/** Copies by reading and writing: an archive has no other way. */
function copyTree(source: string, path: string): void {
  if (!statSync(source).isDirectory()) {
    writeFileSync(path, readFileSync(source));
    return;
  }
  mkdirSync(path);
  for (const name of readdirSync(source)) copyTree(join(source, name), join(path, name));
}
