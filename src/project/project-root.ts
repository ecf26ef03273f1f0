import { lstatSync, statSync } from 'node:fs';
import { findRoot } from '../engine/config/loading/find-pipeline.ts';
import { cacheOf } from '../engine/files/cache-paths.ts';
import { mistake } from './pipeline-error.ts';

/**
 * The absolute path of the project around a folder. Throws a {@link PipelineError} where there is
 * none.
 */
export function projectRoot(folder: string): string {
  const root = findRoot(folder);
  if (root !== undefined) {
    checkCache(cacheOf(root));
    return root;
  }
  const message = `There is no project here: no folder named "pipelines" in ${folder} or above it`;
  throw mistake('no-project', message, 'Begin one with: restage init');
}

/**
 * Throws a mistake where the cache can be no folder: every command would fail at another file in
 * it.
 */
function checkCache(cache: string): void {
  const isThere = lstatSync(cache, { throwIfNoEntry: false }) !== undefined;
  const target = isThere ? statSync(cache, { throwIfNoEntry: false }) : undefined;
  if (!isThere || target?.isDirectory()) return;
  const what = target === undefined ? 'is a link that leads nowhere' : 'is not a folder';
  const hint =
    target === undefined ? 'Make the folder that it names, or remove the link.' : 'Move it away.';
  throw mistake(
    'wrong-value',
    `${cache} ${what}, but Restage keeps the results of the project there`,
    hint,
  );
}
