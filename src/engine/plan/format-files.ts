import type { Digest } from '../../digest.ts';
import type { FingerprintInput } from '../fingerprint/fingerprint.ts';

/** The files of a folder by the digest of the input that it was, where that is known. */
export type FilesOf = (input: Digest) => ReadonlyMap<string, Digest> | undefined;

/** Files that are named before the others are counted. */
const mostNamed = 3;

/**
 * Which files of a port differ: `3.png changed, 7.png added, 9.png removed and 12 more`. Undefined where they are not
 * known, as of a stage's output, or where there is but one file anyway.
 */
export function formatFiles(
  before: readonly FingerprintInput[],
  after: readonly FingerprintInput[],
  filesOf: FilesOf,
): string | undefined {
  const [old, now] = [filesOfPort(before, filesOf), filesOfPort(after, filesOf)];
  if (old === undefined || now === undefined) return undefined;
  const changes = [
    ...[...now].flatMap(([path, digest]) => (old.has(path) && old.get(path) !== digest ? [`${path} changed`] : [])),
    ...[...now.keys()].filter((path) => !old.has(path)).map((path) => `${path} added`),
    ...[...old.keys()].filter((path) => !now.has(path)).map((path) => `${path} removed`),
  ];
  if (changes.length === 0) return undefined;
  const more = changes.length - mostNamed;
  return changes.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function filesOfPort(items: readonly FingerprintInput[], filesOf: FilesOf): ReadonlyMap<string, Digest> | undefined {
  const all = new Map<string, Digest>();
  for (const { digest, labels } of items) {
    const place = labels?.['path'];
    const files = filesOf(digest);
    if (files !== undefined)
      for (const [path, own] of files) all.set(place === undefined ? path : `${place}/${path}`, own);
    else if (place !== undefined) all.set(place, digest);
    else return undefined;
  }
  return all;
}
