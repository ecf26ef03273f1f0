import { isTaken, readStep, take } from '../engine/places/detached-steps.ts';
import { waitFor } from '../engine/places/shared-disk-lag.ts';
import { ownVariables } from '../environment.ts';
import { UsageError } from '../user-error.ts';
import { digestOfFiles } from './make-place.ts';

/** A step of a detached run that a process takes. Two jobs are submitted for each. */
export class DetachedStep {
  /** Absolute path of its folder. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * The step that a job's environment names; undefined for the command of a user. It is removed
   * from there, so that processes of stages do not inherit it.
   */
  static takeFrom(env: Record<string, string | undefined>): DetachedStep | undefined {
    const folder = env[ownVariables.step];
    delete env[ownVariables.step];
    return folder === undefined ? undefined : new DetachedStep(folder);
  }

  /** Whether the other job has done it, or somebody has cancelled it. */
  get isTaken(): boolean {
    return isTaken(this.folder);
  }

  /** Says that nobody else needs to do it. */
  take(): void {
    take(this.folder);
  }

  /** Throws if the pipeline of these files is no longer the one of which it is a step. */
  async refuseOther(files: readonly string[]): Promise<void> {
    const submitted = await waitFor(() => readStep(this.folder));
    if (submitted?.pipeline !== digestOfFiles(files))
      throw new UsageError('The pipeline has changed since the run was detached: run it again');
  }
}
