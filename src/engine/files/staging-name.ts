import type { Digest } from '../../digest.ts';
import { isDeadMark, processMark, uniqueMark } from './process-identity.ts';

const pattern = /^\.restage-[0-9a-f]{12}-([0-9a-f]{6})-(\d+)-[0-9a-f]{12}$/;

/**
 * A hidden name beside a published path, which belongs to no artifact:
 * `.restage-<path's digest>-<process>-<number>`.
 */
export function stagingName(path: Digest): string {
  return `.restage-${path.slice(0, 12)}-${uniqueMark()}`;
}

/** Whether a name is a {@link stagingName}. Cheap, since every name of every walk is asked. */
export function isStagingName(name: string): boolean {
  return name.startsWith('.restage-') && pattern.test(name);
}

/** Which process staged under this name; undefined for any other name. */
export function parseStagingName(
  name: string,
): { readonly isOwn: boolean; readonly isDead: boolean } | undefined {
  const [, space, pid] = (name.startsWith('.restage-') ? pattern.exec(name) : undefined) ?? [];
  if (space === undefined) return undefined;
  return { isOwn: `${space}-${pid}` === processMark(), isDead: isDeadMark(space, Number(pid)) };
}
