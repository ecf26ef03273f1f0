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

/**
 * Runs stages, and kills the process of one at its nth call that changes the disk. False: all ended
 * before.
 */
export async function stageKilledAt(
  project: Project,
  n: number,
  ...stages: readonly string[]
): Promise<boolean> {
  const variables = {
    NODE_OPTIONS: `--import ${loader}`,
    KILL_AT: String(n),
    KILL_PROGRAM: 'stage-main.js',
  };
  Object.assign(project.env, variables);
  const { code, messages, stderr } = await project.run(...stages);
  for (const name of Object.keys(variables)) delete project.env[name];
  await noProcessesIn(project.root);
  if (code === 0) return false;
  assert.match(Object.values(messages).join('\n'), /SIGKILL/, stderr);
  return true;
}
