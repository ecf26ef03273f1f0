import { type Digest, sha256 } from '../../digest.ts';
import type { Json } from '../../json.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * The name of a stage's checkpoint: a digest of its fingerprint without the settings that only say how far the work goes,
 * and without the names of the outputs, which do not change the work. The `versions` of what runs it are part of the name,
 * since bytes may differ from one to the next. What only the stage knows, such as the backend, it compares itself.
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
