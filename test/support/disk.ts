import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Project } from './rig.ts';

/**
 * Options of a test that needs a {@link Disk}: only root may mount, and in some containers not even
 * root.
 */
export const whereMounting = {
  skip:
    spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status !== 0 &&
    'cannot mount a disk here',
};

/** A small disk of its own at a folder of the project, for as long as the test. */
export class Disk implements Disposable {
  readonly #path: string;

  constructor(project: Project, folder: string, size: string) {
    this.#path = project.path(folder);
    mkdirSync(this.#path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.#path]);
  }

  remount(options: string): void {
    execFileSync('mount', ['-o', `remount,${options}`, this.#path]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.#path]);
  }
}
