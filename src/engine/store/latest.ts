import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest, sha256 } from '../../digest.ts';
import { namesIn } from '../files/entries-in.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';

/** The result that a stage of a pipeline last had: `explain` compares with it, `frozen` keeps it, and gc never removes it. */
export interface Latest {
  readonly pipeline: string;
  readonly stage: string;
  readonly result: Digest;
}

/** A file name that people can read, and that differs where names differ only in case or in special characters. */
export function slug(...names: readonly string[]): string {
  const readable = names
    .join('.')
    .replace(/[^A-Za-z0-9_=,.-]+/g, '-')
    .replace(/^\.+/, '');
  return `${readable.slice(0, 80)}-${sha256(names.join('\0')).slice(0, 12)}`;
}

/** One small file each, `cache/latest/<pipeline>/<stage>.json`. */
const folderOf = (cache: string, pipeline: string): string => join(cache, 'latest', slug(pipeline));
const fileOf = (cache: string, pipeline: string, stage: string): string =>
  join(folderOf(cache, pipeline), `${slug(stage)}.json`);

export function readLatest(cache: string, pipeline: string, stage: string): Digest | undefined {
  return parseLatest(fileOf(cache, pipeline, stage))?.result;
}

export function writeLatest(cache: string, latest: Latest): void {
  if (readLatest(cache, latest.pipeline, latest.stage) === latest.result) return;
  writeJson(fileOf(cache, latest.pipeline, latest.stage), latest);
}

export function forgetStages(cache: string, pipeline: string, has: ReadonlySet<string>): void {
  const folder = folderOf(cache, pipeline);
  for (const name of namesIn(folder)) {
    const latest = parseLatest(join(folder, name));
    if (latest === undefined || !has.has(latest.stage)) rmSync(join(folder, name), { force: true });
  }
}

export function allLatest(cache: string): readonly Latest[] {
  const folder = join(cache, 'latest');
  const files = namesIn(folder).flatMap((pipeline) =>
    namesIn(join(folder, pipeline)).map((name) => join(folder, pipeline, name)),
  );
  return files.flatMap((file) => parseLatest(file) ?? []);
}

function parseLatest(file: string): Latest | undefined {
  const latest = readJson<Latest>(file);
  return isDigest(latest?.result) ? latest : undefined;
}
