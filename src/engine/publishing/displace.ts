import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Target } from './target.ts';

/**
 * Moves what the user has at a target out of the way, and keeps it: to `cache/displaced/<time>/<path>`, or beside itself
 * where that is another disk. The answer is where it is now, relative to the root.
 */
export function displace(root: string, cache: string, target: Target): string {
  const time = new Date().toISOString().replace(/[:.]/g, '-');
  // The process number, since two runs may displace in the same millisecond.
  const to = join(cache, 'displaced', `${time}-${process.pid}`, target.shown);
  mkdirSync(dirname(to), { recursive: true });
  try {
    renameSync(target.path, to);
    return relative(root, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  const beside = `${target.path}.displaced-${time}-${process.pid}`;
  renameSync(target.path, beside);
  return relative(root, beside);
}
