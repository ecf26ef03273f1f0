import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { noProcessesIn } from './processes.ts';
import type { Project } from './rig.ts';

const loader = fileURLToPath(new URL('kill-at.mjs', import.meta.url));

/**
 * Runs the pipeline and kills the run at its nth call that changes the disk. False: the run ended
 * before.
 */
export async function killedAt(project: Project, n: number): Promise<boolean> {
  Object.assign(project.env, { NODE_OPTIONS: `--import ${loader}`, KILL_AT: String(n) });
  const { code } = await project.run();
  delete project.env['NODE_OPTIONS'];
  assert.ok(code === 0 || code === 'SIGKILL');
  await noProcessesIn(project.root);
  return code === 'SIGKILL';
}
