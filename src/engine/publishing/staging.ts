import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseStagingName, stagingName } from '../files/staging-name.ts';
import type { Target } from './target.ts';

const day = 86_400_000;
/** Paths that this process is using now. */
const active = new Set<string>();

/** A hidden path beside a target. The end of the scope removes it with everything in it. */
export class Staging {
  readonly path: string;

  constructor(target: Target) {
    this.path = join(dirname(target.path), stagingName(target.key));
    active.add(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) await rm(this.path, { recursive: true });
    else if (stats !== undefined) unlinkSync(this.path);
    active.delete(this.path);
  }
}

export async function clearLeftovers(folder: string): Promise<void> {
  for (const path of leftoversIn(folder)) await rm(path, { recursive: true, force: true });
}

/** Staged files of dead processes; those of unknown processes count after a day. */
export function leftoversIn(folder: string): readonly string[] {
  return namesOf(folder).flatMap((name) => {
    const staged = parseStagingName(name);
    if (staged === undefined) return [];
    const path = join(folder, name);
    const isLeft = staged.isOwn ? !active.has(path) : staged.isDead || isOld(path);
    return isLeft ? [path] : [];
  });
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isOld(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.ctimeMs > day;
}
