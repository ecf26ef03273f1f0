import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { day } from '../../day.ts';
import { parseStagingName, stagingName } from '../files/staging-name.ts';
import type { Target } from './publish-target.ts';

/** Paths that this process is using now. */
const active = new Set<string>();

/** A hidden path beside a target. The end of its scope removes it with its content. */
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

/** Removes {@link leftoversIn} a folder. */
export async function clearLeftovers(folder: string): Promise<void> {
  for (const path of leftoversIn(folder)) await rm(path, { recursive: true, force: true });
}

/** Staged files of dead processes; those of unknown processes count after a day. */
export function leftoversIn(folder: string): readonly string[] {
  return namesOf(folder).flatMap((name) => {
    const staged = parseStagingName(name);
    if (staged === undefined) return [];
    const path = join(folder, name);
    const age = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now());
    const isLeft = staged.isOwn ? !active.has(path) : staged.isDead || age > day;
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
