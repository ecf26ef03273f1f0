/** Paths that a glob matches, relative to the root, POSIX, sorted; a pattern that ends in `/` matches folders. */
export async function expandGlob(pattern: string, root: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby'); // only now: an idle run mostly does without it
  const folders = pattern.endsWith('/');
  const found = await glob(folders ? pattern.slice(0, -1) : pattern, {
    cwd: root,
    onlyFiles: !folders,
    onlyDirectories: folders,
    expandDirectories: false,
  });
  return found.map((path) => path.replace(/\/$/, '')).sort();
}
