import type { ArtifactType } from '../../stage.ts';
import type { StageName } from '../config/pipeline.ts';
import type { StoredArtifact } from '../store/stage-result.ts';

/**
 * Which outputs a run fetches from a shared store. `needed`: outputs of final stages, small ones,
 * and those that the report shows. Inputs of a stage that runs are always fetched.
 */
export interface FetchPolicy {
  readonly mode: 'all' | 'needed' | 'none';
  readonly finals: ReadonlySet<StageName>;
}

/**
 * The largest outputs of other stages that `needed` fetches, in bytes; `shown`: of a type that the
 * report shows.
 */
const small = 1024 ** 2;
const shownLimit = 16 * 1024 ** 2;
const shownTypes: ReadonlySet<ArtifactType> = new Set(['chart', 'images', 'metrics', 'table']);

/** Whether to fetch an output, by the policy. */
export function isWanted(
  stage: StageName,
  { type, files }: StoredArtifact,
  policy: FetchPolicy | undefined,
): boolean {
  if (policy === undefined || policy.mode === 'all') return true;
  if (policy.mode === 'none') return false;
  const most = shownTypes.has(type) ? shownLimit : small;
  return policy.finals.has(stage) || files.reduce((sum, { size }) => sum + size, 0) <= most;
}
