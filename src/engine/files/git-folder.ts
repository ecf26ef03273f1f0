import { posix } from 'node:path';

/** Invisible characters that the disks of a Mac leave out of names. */
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Whether Git takes a folder or file of this name for its own, on some disk. */
export const isGitFolder = (name: string): boolean =>
  /^(\.git|git~1)[ .]*$/i.test(name.replace(ignored, ''));

/**
 * Whether files with these POSIX paths hold a Git repository: a `.git`, or a folder that is one
 * itself. Git runs programs that a repository names as soon as somebody types a command in it, or
 * has a prompt that does.
 */
export function holdsRepository(paths: readonly string[]): boolean {
  if (paths.some((path) => path.split('/').some(isGitFolder))) return true;
  const known = new Set(paths.map((path) => path.toLowerCase()));
  const holds = (folder: string, name: string) => {
    const start = `${posix.join(folder, name)}/`;
    return [...known].some((path) => path.startsWith(start));
  };
  const heads = [...known]
    .filter((path) => posix.basename(path) === 'head')
    .map((path) => posix.dirname(path));
  return heads.some(
    (folder) =>
      known.has(posix.join(folder, 'commondir')) ||
      (holds(folder, 'objects') && holds(folder, 'refs')),
  );
}
