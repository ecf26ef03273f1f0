import { renameSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { compare } from '../../sort-order.ts';
import { writeError } from '../files/write-error.ts';
import type { Publisher } from './publish.ts';
import { resolveTarget } from './publish-target.ts';
import type { PublishedRecord } from './published-record.ts';
import { clearLeftovers, Staging } from './staging.ts';

/**
 * Published outputs that no stage claims, by path. Those of a pipeline without `claims`, whose file
 * has mistakes, are left out.
 */
export function findUnclaimed(
  records: readonly PublishedRecord[],
  claims: ReadonlyMap<string, ReadonlySet<string>>,
): readonly PublishedRecord[] {
  const claimed = new Set([...claims.values()].flatMap((paths) => [...paths]));
  return records
    .filter(({ path, pipeline }) => claims.has(pipeline) && !claimed.has(path))
    .toSorted((a, b) => compare(a.path, b.path));
}

/**
 * Removes a published output, and folders that become empty. `kept`: the user has changed it, so it
 * is the user's now.
 */
export async function removePublished(
  publisher: Publisher,
  record: PublishedRecord,
): Promise<'removed' | 'absent' | 'kept'> {
  const target = resolveTarget(publisher.root, record.path);
  try {
    await clearLeftovers(dirname(target.path));
    const present = await publisher.look(record.path);
    if (present === 'ours') {
      await using aside = new Staging(target);
      renameSync(target.path, aside.path);
    }
    publisher.records.remove(target.key);
    removeEmptied(publisher.root, record.path);
    if (present === 'ours') return 'removed';
    return present === 'nothing' ? 'absent' : 'kept';
  } catch (error) {
    throw writeError(record.path, error);
  }
}

function removeEmptied(root: string, path: string): void {
  if (!path.startsWith('artifacts/')) return;
  try {
    for (let folder = dirname(path); folder !== 'artifacts'; folder = dirname(folder))
      rmdirSync(`${root}/${folder}`);
  } catch {
    // Something else is in it.
  }
}
