import { fileURLToPath } from 'node:url';
import { noProcessesIn } from './processes.ts';
import type { Project, RanOnce } from './rig.ts';

const loader = fileURLToPath(new URL('kill-at-checkpoint.mjs', import.meta.url));

/**
 * Runs the pipeline and kills the stage or the run at a call that writes a checkpoint, as `when`
 * says: `self renameSync 2` kills the stage at its second such call.
 */
export async function killedAtCheckpoint(project: Project, when: string): Promise<RanOnce> {
  Object.assign(project.env, { NODE_OPTIONS: `--import ${loader}`, KILL_CHECKPOINT: when });
  const run = await project.run();
  delete project.env['NODE_OPTIONS'];
  await noProcessesIn(project.root);
  return run;
}
