import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ids of the processes whose working directory is this folder, as that of a project's stages is.
 */
export function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectory(pid) === folder);
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it is gone, or dead and not yet collected
  }
}

/**
 * Resolves when none is left: the kernel needs a moment to end killed processes, and notifies only
 * their parents.
 */
export async function noProcessesIn(folder: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (processesIn(folder).length > 0) {
    if (Date.now() > deadline) throw new Error(`still at work: ${processesIn(folder).join(', ')}`);
    await delay(5);
  }
}
