import { jsonOf } from '../../../json.ts';
import type { Bucket, StoredKey } from './buckets/bucket.ts';

/**
 * A list of keys that `store gc` found unused, and deletes after a delay if they still are; or of
 * keys that it deleted.
 */
export interface Mark {
  readonly at: StoredKey;
  readonly keys: readonly string[];
}

/** The key of a list of what a `store gc` marks, or of what it deleted. */
export const markKey = (collection: string, { deleted = false } = {}): string =>
  `garbage/${deleted ? 'deleted-' : ''}${collection}.json`;

export const isMarkKey = (key: string): boolean =>
  /^garbage\/(?:deleted-)?[0-9a-f]{16}\.json$/.test(key);

/** Whether the keys of a list are already deleted, not marked. */
export const isOfDeleted = ({ at }: Mark): boolean => at.key.startsWith('garbage/deleted-');

/** The lists in a store, the oldest first. */
export async function listMarks(bucket: Bucket): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for await (const at of bucket.list('garbage/')) {
    if (!isMarkKey(at.key)) continue;
    const bytes = await bucket.get(at.key);
    if (bytes !== undefined) marks.push({ at, keys: parseKeys(bytes) });
  }
  return marks.sort((a, b) => a.at.time - b.at.time);
}

/** All keys that are about to be deleted, or were recently: a push must not rely on them. */
export async function readMarks(bucket: Bucket): Promise<ReadonlySet<string>> {
  return new Set((await listMarks(bucket)).flatMap(({ keys }) => keys));
}

function parseKeys(bytes: Buffer): readonly string[] {
  const keys = jsonOf<unknown>(bytes.toString());
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
}
