import type { Digest } from '../../digest.ts';
import { type Listing, partsDigest } from '../../engine/files/listing.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import type { SubjectStage } from './subject.ts';

/** A data set has a part for each split; of a folder with more parts only readers of all of it are found. */
const mostParts = 6;

/**
 * The stages that one rests on, directly or not, nearest first. They are found by content, as the digests of its inputs are
 * those of their outputs: of an earlier run the file may say something else by now.
 */
export function upstreamOf(name: string, stages: ReadonlyMap<string, SubjectStage>): ReadonlyMap<string, SubjectStage> {
  const makers = new Map<Digest, string>();
  for (const [maker, { outputs = [], fingerprint }] of stages) {
    const read = new Set(inputsOf(fingerprint));
    // `select` passes on what it read, which another stage made.
    for (const digest of outputs.flatMap(readableAs)) if (!read.has(digest)) makers.set(digest, maker);
  }
  const found = new Map([[name, stages.get(name)!]]);
  for (const [, { fingerprint }] of found) {
    for (const digest of inputsOf(fingerprint)) {
      const maker = makers.get(digest);
      if (maker !== undefined && !found.has(maker)) found.set(maker, stages.get(maker)!);
    }
  }
  found.delete(name);
  return found;
}

const inputsOf = (fingerprint: Fingerprint | undefined): readonly Digest[] =>
  Object.values(fingerprint?.inputs ?? {}).flatMap((items) => items.map(({ digest }) => digest));

/** Every digest that keys a reader of an artifact: of the whole, and of any of its parts. */
function readableAs(artifact: Listing): readonly Digest[] {
  const names = Object.keys(artifact.parts).filter((part) => part !== '');
  if (names.length > mostParts) return [artifact.digest];
  const subsets = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, i) => bits & (1 << i)));
  return [artifact.digest, ...subsets.map((parts) => partsDigest(artifact, parts))];
}
