import { existsSync, readFileSync } from 'node:fs';
import { sha256 } from '../../src/digest.ts';
import type { Random } from '../../src/random.ts';
import type { Ended, Project } from '../support/rig.ts';

/** One kind of mistreatment: applies it `count` times, and reports every broken promise. */
export type Ordeal = (count: number, random: Random, tell: Teller) => Promise<void>;

export interface Teller {
  /** Counts finished mistreatments. */
  done(count?: number): void;
  /** Reports a broken promise. */
  broken(message: string): void;
  /** Reports why the ordeal cannot run here, such as a disk that only root can mount. */
  skipped(reason: string): void;
}

/** A short digest of a file; empty where there is none. */
export function digestOf(project: Project, path: string): string {
  return existsSync(project.path(path))
    ? sha256(readFileSync(project.path(path))).slice(0, 16)
    : '';
}

/** All files of a folder with their short digests, as one text. */
export function contentsOf(project: Project, folder: string): string {
  return project
    .files(folder)
    .map((file) => `${file} ${digestOf(project, `${folder}/${file}`)}`)
    .join('\n');
}

/** What no command may print, whatever happens to it: a stack trace, or an internal error. */
export function traceIn({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string | undefined {
  return /(^ +at .+:\d+:\d+\)?$|Internal error.*|^\w*Error: .*)/m.exec(`${stdout}\n${stderr}`)?.[0];
}
