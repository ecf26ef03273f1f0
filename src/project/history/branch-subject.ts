import type { Digest } from '../../digest.ts';
import { sharedRuns } from '../../engine/store/remote/shared-runs.ts';
import { SharedStore } from '../../engine/store/remote/shared-store.ts';
import { StoreList } from '../../engine/store/remote/store-list.ts';
import type { Store } from '../../engine/store/store.ts';
import { mistake } from '../pipeline-error.ts';
import { storesWithList } from '../stored-runs/stores-with-list.ts';
import { ancestorsOf } from './git-ancestors.ts';

/** What a word such as `main...` names before its dots; undefined for another word. */
export const branchOf = (word: string): string | undefined => /^(.+?)(?:\.{3}|…)$/.exec(word)?.[1];

/** A run of a commit, here or in a shared store. */
export interface BranchRun {
  readonly label: string;
  readonly results: ReadonlyMap<string, Digest>;
}

/** Where the run of a branch is looked for. */
interface Sources {
  readonly root: string;
  readonly store: Store;
  readonly warn: (message: string) => void;
}

/**
 * The run of a pipeline at the commit where `HEAD` branched off `branch`, or at the nearest commit
 * before it that has one: of this project, or else of its shared store. Of several runs at one
 * commit the last one counts. Throws a `PipelineError` where there is none.
 */
export async function findBranchRun(
  branch: string,
  pipeline: string,
  { root, store, warn }: Sources,
): Promise<BranchRun> {
  const commits = await ancestorsOf(branch, root);
  const distance = new Map(commits.map((commit, index) => [commit, index]));
  const nearest = new Nearest(distance);
  for (const run of store.local.runsOf(pipeline, Number.POSITIVE_INFINITY)) {
    const record = run.readRecord();
    if (record === undefined) continue;
    const results = Object.entries(record.stages).flatMap(([stage, { result }]) =>
      result === undefined ? [] : [[stage, result] as const],
    );
    nearest.offer(record.gitCommit, { run: run.id, results: new Map(results) });
  }
  const isShared = store instanceof SharedStore || store instanceof StoreList;
  if (isShared && !nearest.isAt(0)) {
    const listed = await storesWithList(store);
    for await (const { manifest } of sharedRuns({ listed, warn }, pipeline)) {
      const results = Object.entries(manifest.stages).map(
        ([stage, { result }]) => [stage, result] as const,
      );
      nearest.offer(manifest.gitCommit, { run: manifest.run, results: new Map(results) });
    }
  }
  const { best } = nearest;
  if (best === undefined)
    throw mistake(
      'unknown-subject',
      `No run of ${pipeline} is known at ${branch} or before it`,
      'Run the pipeline there once, with a shared store if other machines shall find it.',
    );
  return { label: `${branch} (${best.commit.slice(0, 8)}, ${best.run})`, results: best.results };
}

/** A run with its results by stage. */
interface Candidate {
  readonly run: string;
  readonly results: ReadonlyMap<string, Digest>;
}

/** Keeps the run whose commit is nearest; of several there, the last one. */
class Nearest {
  readonly #distance: ReadonlyMap<string, number>;
  best: (Candidate & { readonly commit: string }) | undefined;

  constructor(distance: ReadonlyMap<string, number>) {
    this.#distance = distance;
  }

  isAt(distance: number): boolean {
    return this.best !== undefined && this.#distance.get(this.best.commit) === distance;
  }

  offer(commit: string | undefined, candidate: Candidate): void {
    const distance = commit === undefined ? undefined : this.#distance.get(commit);
    if (distance === undefined || candidate.results.size === 0) return;
    const known = this.best === undefined ? undefined : this.#distance.get(this.best.commit)!;
    const isLater = known === distance && candidate.run > this.best!.run;
    if (known === undefined || distance < known || isLater)
      this.best = { ...candidate, commit: commit! };
  }
}
