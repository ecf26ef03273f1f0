import type { Stage } from '../config/pipeline.ts';
import { checkpointDigest } from '../fingerprint/checkpoint-digest.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import type { Execution } from './execution.ts';

/**
 * Where a stage's checkpoint is, or will be; undefined where it keeps none, since its kind does not or since what it makes
 * is not to be kept. Of a stage that is forced the last one goes: it begins from the start, and only further attempts go on.
 */
export function placeCheckpoint(stage: Stage, fingerprint: Fingerprint, run: Execution): string | undefined {
  if (stage.checkpointsWithout === undefined || !stage.cache) return undefined;
  const { cache, forced } = run.world;
  const versions = { restage: run.host.restage, node: process.version };
  const digest = checkpointDigest(fingerprint, stage.checkpointsWithout, versions);
  if (forced.has(stage.name)) cache.removeCheckpoint(digest);
  return cache.checkpointPath(digest);
}
