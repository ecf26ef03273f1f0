import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lifeOf, type ProcessIdentity, readIdentity, thisProcess } from '../files/process-identity.ts';
import { creatingFolder, temporaryBeside } from '../files/write-atomic.ts';

/**
 * A lease that exists, as others see it: a folder with one file that says who holds it, under a name that no other
 * holder has.
 *
 * It is placed with its holder in one rename, and taken away by that file's name. So whatever is killed between two
 * calls, there is a lease with its holder, or an empty folder, which is nobody's; and who takes away a dead one's cannot
 * touch what a faster one has put there meanwhile.
 */
export interface PresentLease {
  /** What the folder holds: the holder's file. Anything else came there otherwise. */
  readonly names: readonly string[];
  /** Undefined where its file is damaged, as a power cut may leave it. */
  readonly holder: ProcessIdentity | undefined;
  /** When it was last renewed, by whatever clock, in milliseconds since the epoch. */
  readonly renewed: number;
}

const day = 86_400_000;

/** Puts a lease of this process there, whose file has this name; false where there is one. */
export function placeLease(path: string, name: string): boolean {
  const temporary = temporaryBeside(path);
  creatingFolder(path, () => mkdirSync(temporary));
  try {
    writeFileSync(join(temporary, name), JSON.stringify(thisProcess()));
    renameSync(temporary, path); // fails where the folder holds something
    return true;
  } catch (error) {
    clearLease(temporary, [name]);
    if (isOccupied(error)) return false;
    throw error;
  }
}

/** Undefined where there is none. */
export function lookAtLease(path: string): PresentLease | undefined {
  try {
    const renewed = statSync(path).mtimeMs;
    const names = readdirSync(path).sort();
    const holder = names.map((name) => readIdentity(join(path, name))).find((found) => found !== undefined);
    return { names, holder, renewed };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether its holder lives, where that is certain. An empty folder is what a kill left. */
export function lifeOfLease({ names, holder }: PresentLease): 'alive' | 'dead' | 'unknown' {
  if (names.length === 0) return 'dead';
  return holder === undefined ? 'unknown' : lifeOf(holder);
}

/** Takes away what was seen under these names, and the folder if that was all. */
export function clearLease(path: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isOccupied(error) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether someone who may be alive holds the lease at a path; of whom nobody can tell, that is believed for a day. */
export function isHeld(path: string): boolean {
  const present = lookAtLease(path);
  if (present === undefined) return false;
  const life = lifeOfLease(present);
  return life === 'alive' || (life === 'unknown' && Date.now() - present.renewed < day);
}

const isOccupied = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
