import { resolve } from 'node:path';

/**
 * Paths that a glob matches, relative to the root, POSIX, sorted; a pattern that ends in `/`
 * matches folders.
 */
export async function expandGlob(pattern: string, root: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby'); // only now: an idle run mostly does without it
  return inOrder(await glob(...asked(pattern, root)));
}

/** The same without a promise, for who looks again and again. */
export async function globExpander(root: string): Promise<(pattern: string) => readonly string[]> {
  const { globSync } = await import('tinyglobby');
  return (pattern) => inOrder(globSync(...asked(pattern, root)));
}

/** The absolute path of the folder below which everything lies that a glob can match. */
export const globBase = (pattern: string, root: string): string =>
  resolve(root, pattern.slice(0, pattern.search(globCharacters)).replace(/[^/]*$/, ''));

export const globCharacters = /[*?[\]{}!()]/;

function asked(pattern: string, root: string) {
  const folders = pattern.endsWith('/');
  const options = {
    cwd: root,
    onlyFiles: !folders,
    onlyDirectories: folders,
    expandDirectories: false,
  };
  return [folders ? pattern.slice(0, -1) : pattern, options] as const;
}

const inOrder = (matches: readonly string[]): readonly string[] =>
  matches.map((path) => path.replace(/\/$/, '')).sort();
