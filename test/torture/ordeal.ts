import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Random } from '../../src/random.ts';
import type { Ended, Project } from '../support/rig.ts';

/** One kind of mistreatment: does it `count` times, and tells of everything that should not be. */
export type Ordeal = (count: number, random: Random, tell: Teller) => Promise<void>;

export interface Teller {
  /** One more mistreatment is over. */
  done(count?: number): void;
  /** A broken promise. */
  broken(message: string): void;
  /** Why there is nothing to see here, such as a disk that only root can mount. */
  skipped(reason: string): void;
}

/** A file's bytes in short; empty for a path where nothing is. */
export function digestOf(project: Project, path: string): string {
  if (!existsSync(project.path(path))) return '';
  return createHash('sha256')
    .update(readFileSync(project.path(path)))
    .digest('hex')
    .slice(0, 16);
}

/** All files of a folder with their bytes in short, as one text. */
export function contentsOf(project: Project, folder: string): string {
  return project
    .files(folder)
    .map((file) => `${file} ${digestOf(project, `${folder}/${file}`)}`)
    .join('\n');
}

/** What no command may print, whatever happens to it: a stack trace, or a bug's confession. */
export function traceIn({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string | undefined {
  return /(^ +at .+:\d+:\d+\)?$|Internal error.*|^\w*Error: .*)/m.exec(`${stdout}\n${stderr}`)?.[0];
}
