import type { Digest } from '../../digest.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { RunRecord } from '../../engine/store/runs/run-record.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { isDone, type StageModel } from '../run-model.ts';

/**
 * The result of a stage in a run, from the run's record; without a record, from its attempt or the
 * last result.
 */
export function resultDigest(
  store: LocalStore,
  run: RunFolder,
  stage: StageModel,
  { pipeline, record }: { readonly pipeline: string; readonly record?: RunRecord | undefined },
): Digest | undefined {
  if (record !== undefined) return record.stages[stage.name]?.result;
  if (!isDone(stage)) return undefined;
  return stage.state === 'ran'
    ? run.attempts(stage.name).at(-1)?.state.fingerprint
    : store.readLatest(pipeline, stage.name);
}

/** Results that were read. The last ones are kept, since many runs of a project share theirs. */
export class Results {
  readonly store: LocalStore;
  readonly #kept = new Map<Digest, StageResult>();
  #files = 0;

  constructor(store: LocalStore) {
    this.store = store;
  }

  read(digest: Digest | undefined): StageResult | undefined {
    if (digest === undefined) return undefined;
    const kept = this.#kept.get(digest);
    if (kept !== undefined) return kept;
    const result = this.store.readResult(digest);
    if (result === undefined) return undefined;
    this.#kept.set(digest, result);
    this.#files += filesOf(result);
    for (const [oldest, runFiles] of this.#kept) {
      if (this.#files <= mostFiles || oldest === digest) break;
      this.#kept.delete(oldest);
      this.#files -= filesOf(runFiles);
    }
    return result;
  }
}

/** Listed files of all kept results, which decide their size: 50 MB. */
const mostFiles = 100_000;
const filesOf = ({ outputs }: StageResult): number =>
  Object.values(outputs).reduce((sum, { files }) => sum + files.length, 20);
