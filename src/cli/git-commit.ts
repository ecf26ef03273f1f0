import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The commit that a folder's checkout stands on, read from git's own files (a process would cost more); undefined outside one. */
export function gitCommit(folder: string): string | undefined {
  const git = join(folder, '.git');
  if (!existsSync(git)) return dirname(folder) === folder ? undefined : gitCommit(dirname(folder));
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return head;
    const loose = join(git, ref);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8');
    return packed
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0];
  } catch {
    return undefined; // a worktree or a git that keeps its refs elsewhere: the record goes without
  }
}
