import { type Digest, sha256 } from '../../digest.ts';
import type { CheckpointRule } from '../config/pipeline.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * What the pieces of a stage have in common: everything in the fingerprint that the stage itself
 * cannot name in their keys. Undefined if none are kept.
 */
export function pieceBaseOf(
  { cache }: Pick<CheckpointRule, 'cache'>,
  { kind, version, env, backend, salt, trial }: Fingerprint,
): Digest | undefined {
  if (!cache) return undefined;
  const keyed = {
    kind,
    version,
    ...(env !== undefined && { env }),
    ...(backend !== undefined && { backend }),
    ...(salt !== undefined && { salt }),
    ...(trial !== undefined && { trial }),
  };
  return sha256(`restage pieces\n${canonicalJson(keyed)}`);
}
