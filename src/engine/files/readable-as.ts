import type { Digest } from '../../digest.ts';
import { type Listing, partsDigest } from './listing.ts';

/**
 * A data set has a part for each split. Only readers of the whole are found for a folder with more
 * parts than this.
 */
const mostParts = 6;

/**
 * Every digest under which a fingerprint may hold an artifact: of the whole, and of each choice of
 * its parts.
 */
export function readableAs(artifact: Listing): readonly Digest[] {
  const names = Object.keys(artifact.parts).filter((part) => part !== '');
  if (names.length > mostParts) return [artifact.digest];
  const subsets = Array.from({ length: 2 ** names.length }, (_, bits) =>
    names.filter((_, i) => bits & (1 << i)),
  );
  return [artifact.digest, ...subsets.map((parts) => partsDigest(artifact, parts))];
}
