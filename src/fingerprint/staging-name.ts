import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Digest, sha256 } from './digest.ts';

const pattern = /^\.restage-([0-9a-f]{12})-([0-9a-f]{6})-(\d+)-[0-9a-f]{12}$/;
const host = sha256(hostname()).slice(0, 6);

/**
 * A hidden name beside a published path, where its next content is staged or its last one waits for deletion:
 * `.restage-<path>-<host>-<process>-<random>`, path and host as starts of digests. Such names are part of no artifact.
 */
export function stagingName(path: Digest): string {
  return `.restage-${path.slice(0, 12)}-${host}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Cheap, since every name of every walk is asked. */
export function isStagingName(name: string): boolean {
  return name.startsWith('.restage-') && pattern.test(name);
}

/** The number of the process of this host that staged `path` under this name; undefined for every other name. */
export function stagedBy(name: string, path: Digest): number | undefined {
  const [, key, where, pid] = pattern.exec(name) ?? [];
  return key === path.slice(0, 12) && where === host ? Number(pid) : undefined;
}
