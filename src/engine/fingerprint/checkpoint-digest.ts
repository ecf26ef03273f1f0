import { type Digest, sha256 } from '../../digest.ts';
import type { Json } from '../../json.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * What names the checkpoint of a stage: its fingerprint without the settings that only say how far its work goes, and
 * without its outputs' names, since what is written of the work in the end has no part in it; and the `versions` of what
 * runs it, since bytes may differ from one to the next. What the stage alone can know of that, such as what computes, it
 * compares itself.
 */
export function checkpointDigest(
  fingerprint: Fingerprint,
  without: readonly string[],
  versions: Readonly<Record<string, string>>,
): Digest {
  const left = Object.entries(fingerprint.settings).filter(([name]) => !without.includes(name));
  const { outputs: _, ...rest } = fingerprint;
  const keyed = { ...rest, settings: Object.fromEntries(left) };
  return sha256(`restage checkpoint\n${canonicalJson({ fingerprint: keyed as unknown as Json, versions })}`);
}
