import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { formatFew } from '../../format-numbers.ts';
import type { Stage } from '../config/pipeline.ts';
import { cacheOf } from '../files/cache-paths.ts';
import { tick } from '../files/settled-times.ts';
import { pathSignature } from '../files/walk-tree.ts';
import { hashFingerprint } from '../fingerprint/fingerprint.ts';
import type { Workspace } from '../plan/examine.ts';
import { changedFiles } from '../store/remembered-code.ts';
import type { ResultName } from '../store/stage-result.ts';
import type { StartedStage } from './execution.ts';

/** What an attempt's program loaded beside the code that was known of its stage. */
export interface LoadedBeside {
  /** The stage with all its code. */
  readonly stage: Stage;
  /** Paths relative to the root; those that count. */
  readonly files: readonly string[];
  /** Absolute paths of code that changed since the attempt began, so that nobody knows what ran. */
  readonly changed: readonly string[];
}

/**
 * Extends a stage's code by the files of the project that its program loaded. `declared`: absolute
 * paths of its inputs.
 */
export async function addLoaded(
  { stage, startedAt }: StartedStage,
  loaded: readonly string[],
  declared: Iterable<string>,
  { pipeline: { root }, loadedCode }: Workspace,
): Promise<LoadedBeside> {
  const { code } = stage;
  const changed = changedFiles(code?.signatures ?? {});
  const nothing = { stage, files: [], changed };
  if (code === undefined || loadedCode === undefined || changed.length > 0) return nothing;
  const known = new Set(Object.keys(code.signatures));
  const inputs = [...declared].map((path) => `${path}/`);
  const isOther = (path: string) =>
    !known.has(path) &&
    !known.has(realpathSync(path)) &&
    !path.startsWith(`${cacheOf(root)}/`) &&
    !inputs.some((input) => `${path}/`.startsWith(input)) &&
    isOlder(statSync(path), startedAt); // what it wrote itself follows from the rest
  const others = [...new Set(loaded.map(holderOf))].filter(isOther);
  if (others.length === 0) return nothing;
  const extended = await loadedCode.extend(
    stage,
    others.map((path) => relative(root, path)).sort(),
  );
  if (extended === undefined) return nothing;
  const files = extended.code!.loaded.filter((path) => !code.loaded.includes(path));
  const edited = files
    .map((path) => join(root, path))
    .filter((path) => pathSignature(path).newest + tick >= startedAt);
  const changedNow = [code, extended.code!].flatMap(({ signatures }) => changedFiles(signatures));
  return { stage: extended, files, changed: [...new Set([...edited, ...changedNow])] };
}

const isOlder = (stats: Stats, startedAt: number): boolean =>
  stats.isFile() && stats.birthtimeMs + tick < startedAt;

/** The file that holds a module: its own one, or the zip file around it. */
function holderOf(path: string): string {
  let holder = resolve(path);
  while (!existsSync(holder)) holder = dirname(holder);
  return holder;
}

/**
 * What the result of an attempt is named by: the code that was known, with what was loaded beside
 * it.
 */
export function nameResult(
  { fingerprint, digest, loaded = [] }: ResultName,
  { stage, files }: LoadedBeside,
): ResultName {
  if (files.length === 0) return { fingerprint, digest, ...(loaded.length > 0 && { loaded }) };
  const whole = { ...fingerprint, version: stage.kindVersion };
  const steps = [...loaded, { version: fingerprint.version, files }];
  return { fingerprint: whole, digest: hashFingerprint(whole), loaded: steps };
}

const most = 20;

export const describeLoaded = (files: readonly string[]): string =>
  `loaded files of the project that its code does not show: ${formatFew(files, most)}. They count from now on: a change of them reruns the stage`;
