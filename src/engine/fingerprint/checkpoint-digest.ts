import { type Digest, sha256 } from '../../digest.ts';
import type { CheckpointRule } from '../config/pipeline.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * The name of a stage's checkpoint, by fingerprint and versions, without outputs and how far to go;
 * undefined if none is kept.
 */
export function checkpointOf(
  { checkpointsWithout, cache }: CheckpointRule,
  fingerprint: Fingerprint,
  versions: { readonly restage: string; readonly node: string },
): Digest | undefined {
  if (checkpointsWithout === undefined || !cache) return undefined;
  const settings = Object.entries(fingerprint.settings).filter(
    ([name]) => !checkpointsWithout.includes(name),
  );
  const { outputs: _, ...rest } = fingerprint;
  const keyed = { ...rest, settings: Object.fromEntries(settings) };
  return sha256(`restage checkpoint\n${canonicalJson({ fingerprint: keyed, versions })}`);
}
