import type { StageName } from '../config/pipeline.ts';
import type { FolderStore } from '../store/folder-store.ts';
import { lastAttempts, runsOf } from '../store/last-attempt.ts';
import type { RunFolder } from '../store/run-folder.ts';
import type { FruitlessAttempt } from './decide.ts';

/** Runs looked through for a reason's sake; a stage that did not run in any of them is said never to have run. */
const mostRuns = 20;

const known = new WeakMap<FolderStore, readonly RunFolder[]>();

/** The last attempt of a stage where it is not known to have succeeded; undefined where there is none, or it goes on. */
export function lastEnd(cache: FolderStore, pipeline: string, stage: StageName): FruitlessAttempt | undefined {
  const runs = known.get(cache) ?? runsOf(cache, pipeline, mostRuns);
  known.set(cache, runs);
  const found = lastAttempts(cache, pipeline, stage, runs);
  if (found === undefined) return undefined;
  const { end, content } = found.last.state;
  if (end === undefined) return found.run.isLiving() ? undefined : { outcome: 'interrupted', content };
  return end.outcome === 'succeeded' ? undefined : { outcome: end.outcome, content };
}
