import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Whether the folder of a listed file really lies in the artifact. Where a stage linked to a folder elsewhere, its files
 * are someone else's, and may be copied but not moved. Each folder is resolved once.
 */
export function ownsFolder(source: string): (path: string) => boolean {
  // Not the source's own real path: the output as a whole may be such a link.
  const root = join(realpathSync(dirname(source)), basename(source));
  const known = new Map<string, boolean>();
  return (path) => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    let owned = known.get(folder);
    if (owned === undefined) {
      owned = realpathSync(join(source, folder)) === join(root, folder);
      known.set(folder, owned);
    }
    return owned;
  };
}
