import { lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stagedBy, stagingName } from '../fingerprint/staging-name.ts';
import type { Target } from './target.ts';

const day = 86_400_000;
/** Paths that this process is using now. */
const active = new Set<string>();

/** A hidden path beside a target, removed with what is left in it at the end of the scope. */
export class Staging {
  readonly path: string;

  constructor(target: Target) {
    this.path = join(dirname(target.path), stagingName(target.key));
    active.add(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (lstatSync(this.path, { throwIfNoEntry: false }) !== undefined) await rm(this.path, { recursive: true });
    active.delete(this.path);
  }
}

/** Removes what processes that were killed left beside the target. */
export async function clearLeftovers(target: Target): Promise<void> {
  for (const { path, pid } of stagedBeside(target)) {
    if (isLeftover(path, pid)) await rm(path, { recursive: true, force: true });
  }
}

function stagedBeside(target: Target): readonly { readonly path: string; readonly pid: number }[] {
  const folder = dirname(target.path);
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const pid = stagedBy(name, target.key);
    return pid === undefined ? [] : [{ path: join(folder, name), pid }];
  });
}

/** A process with the same number may be another one by now, hence also the age. */
function isLeftover(path: string, pid: number): boolean {
  if (pid === process.pid) return !active.has(path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.ctimeMs > day;
}
