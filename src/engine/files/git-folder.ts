import { foldedName } from './folded-name.ts';

/** Whether Git takes a folder or file of this name for its own, on some disk. */
export const isGitFolder = (name: string): boolean => /^(\.git|git~1)$/.test(foldedName(name));

/**
 * Names by which Git recognises a folder as a repository, whatever it is called, in their folded
 * form.
 */
type RepositoryMark = 'head' | 'commondir' | 'objects' | 'refs';

const repositoryMarks: ReadonlySet<string> = new Set<RepositoryMark>([
  'head',
  'commondir',
  'objects',
  'refs',
]);

/** The marks among names of files and folders that lie in one folder. */
export const marksAmong = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map(foldedName).filter((name) => repositoryMarks.has(name)));

/**
 * Whether Git takes a folder with these marks for a repository (`is_git_directory` in its setup.c).
 * It needs `objects` and `refs` that can be entered, so that executable files do as well, or a
 * `commondir`, which says where these are.
 */
export const isRepository = (marks: ReadonlySet<string>): boolean =>
  marks.has('head') && (marks.has('commondir') || (marks.has('objects') && marks.has('refs')));

/**
 * The folders in which files with these POSIX paths make marks of a repository; the empty name is
 * where all paths begin.
 */
export function foldersWithMarks(
  paths: Iterable<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  for (const path of paths) {
    if (!mayMark.test(path)) continue;
    const names = path.split('/');
    for (const [index, name] of names.entries()) {
      const mark = foldedName(name);
      if (!repositoryMarks.has(mark)) continue;
      const folder = names.slice(0, index).join('/');
      folders.set(folder, (folders.get(folder) ?? new Set()).add(mark));
    }
  }
  return folders;
}

/** Spares most paths the folding: a result may have half a million files. */
const mayMark = /[^ -~]|head|commondir|objects|refs/i;

/**
 * Whether files with these POSIX paths hold a Git repository: a `.git`, or a folder that is one
 * itself. Git runs programs that a repository names as soon as somebody types a command in it, or
 * has a prompt that does.
 */
export function holdsRepository(paths: readonly string[]): boolean {
  if (paths.some((path) => mayBeGit.test(path) && path.split('/').some(isGitFolder))) return true;
  return [...foldersWithMarks(paths).values()].some(isRepository);
}

const mayBeGit = /[^ -~]|git/i;
