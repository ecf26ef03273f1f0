import { randomBytes } from 'node:crypto';

const prefix = '.restage-';
const pattern = /^\.restage-[0-9a-f]{12}-\d+-[0-9a-f]{12}$/;

/**
 * A hidden name beside a published path, where its next content is staged or its last one waits for deletion:
 * `.restage-<12 hex of the path's digest>-<process id>-<random>`. Such names are never part of an artifact.
 */
export function stagingName(key: string): string {
  return `${prefix}${key.slice(0, 12)}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

export function isStagingName(name: string): boolean {
  return name.startsWith(prefix) && pattern.test(name);
}

/** The process that staged, and whether it staged the path of this key. */
export function parseStagingName(name: string): { readonly key: string; readonly pid: number } | undefined {
  if (!isStagingName(name)) return undefined;
  const [key, pid] = name.slice(prefix.length).split('-');
  return { key: key as string, pid: Number(pid) };
}
