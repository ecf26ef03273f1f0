import type { Digest } from '../fingerprint/digest.ts';
import { type Listing, partsDigest } from '../fingerprint/listing.ts';
import type { SubjectStage } from './subject.ts';

/** A data set has a part for each split; of a folder with more parts only readers of all of it are found. */
const mostParts = 6;

/**
 * The stages that one rests on, directly or not, nearest first. They are found by content, as the digests of its inputs are
 * those of their outputs: of an earlier run the file may say something else by now.
 */
export function upstreamOf(name: string, stages: ReadonlyMap<string, SubjectStage>): ReadonlyMap<string, SubjectStage> {
  const makers = new Map<Digest, string>();
  for (const [maker, { outputs = [] }] of stages) {
    for (const digest of outputs.flatMap(readableAs)) makers.set(digest, maker);
  }
  const found = new Map([[name, stages.get(name)!]]);
  for (const [, { fingerprint }] of found) {
    for (const { digest } of Object.values(fingerprint?.inputs ?? {}).flat()) {
      const maker = makers.get(digest);
      if (maker !== undefined && !found.has(maker)) found.set(maker, stages.get(maker)!);
    }
  }
  found.delete(name);
  return found;
}

/** Every digest that keys a reader of an artifact: of the whole, and of any of its parts. */
function readableAs(artifact: Listing): readonly Digest[] {
  const names = Object.keys(artifact.parts).filter((part) => part !== '');
  if (names.length > mostParts) return [artifact.digest];
  const subsets = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, i) => bits & (1 << i)));
  return [artifact.digest, ...subsets.map((parts) => partsDigest(artifact, parts))];
}
