import { spawnSync } from 'node:child_process';

/** The registry of packages that npm asks here. */
export const registry: string = npm('config', 'get', 'registry').stdout.trim();

/**
 * Why packages cannot be fetched here; undefined where they can. In CI, where it is required, that
 * is an error.
 */
export const noRegistry: string | undefined =
  npm('view', 'pnpm@10', 'version', '--fetch-retries=0').status === 0
    ? undefined
    : 'the npm registry does not answer';
if (noRegistry !== undefined && process.env['RESTAGE_REGISTRY'] === 'required')
  throw new Error(noRegistry);

function npm(...words: readonly string[]) {
  return spawnSync('npm', words, { encoding: 'utf8' });
}
