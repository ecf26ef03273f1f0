import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { namesIn } from './entries-in.ts';
import { isDeadMark, uniqueMark } from './process-identity.ts';

/**
 * A unique name beside a file that is about to be written. Those of dead processes are removed
 * later.
 */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${uniqueMark()}`);
}

/**
 * Whether the process that made a {@link temporaryBeside} name is known to be dead; undefined for
 * another name.
 */
export function parseTemporaryName(name: string): { readonly isDead: boolean } | undefined {
  if (!name.startsWith('.tmp-')) return undefined;
  const [, space, pid] = /^\.tmp-([0-9a-f]{6})-(\d+)-/.exec(name) ?? [];
  return { isDead: space !== undefined && isDeadMark(space, Number(pid)) };
}

/**
 * Removes {@link temporaryBeside} files and folders of dead processes in a folder that is not of
 * the cache, where `gc` does not look.
 */
export function clearTemporaries(folder: string): void {
  for (const name of namesIn(folder))
    if (parseTemporaryName(name)?.isDead)
      rmSync(join(folder, name), { recursive: true, force: true });
}
