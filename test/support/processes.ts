import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Numbers of the processes that work in a folder, as all of a project's stages do: what a run must not leave behind. */
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

/** Resolves when none is left. The kernel needs a moment to end what was killed, and tells nobody but its parent. */
export async function noProcessesIn(folder: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (processesIn(folder).length > 0) {
    if (Date.now() > deadline) throw new Error(`still at work: ${processesIn(folder).join(', ')}`);
    await delay(5);
  }
}
