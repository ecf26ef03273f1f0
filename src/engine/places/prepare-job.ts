import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import type { JobRequest } from '../../scheduler.ts';
import { inCache } from '../files/cache-paths.ts';
import { jobName } from './job-name.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import type { PlaceSpec } from './place-spec.ts';

/** Writes the script of a job outside batches into its own folder `cache/jobs/<name>`. */
export function prepareJob(
  name: string,
  place: PlaceSpec,
  commandFor: (folder: string) => NodeCommand,
  project: { readonly cache: string; readonly root: string; readonly env: Environment },
): { readonly folder: string; readonly request: JobRequest } {
  const { cache, root, env } = project;
  const folder = inCache(cache, 'jobs', name);
  const script = join(folder, 'script.sh');
  const memory = place.memory.default;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(script, jobScript(place, commandFor(folder), { root, memory, env }), {
    mode: 0o700,
  });
  return {
    folder,
    request: {
      name: jobName(name),
      script,
      root,
      log: join(folder, 'output'),
      workers: 1,
      needs: { cpu: 1, gpu: 0, memory },
      seconds: Math.ceil(place.time / 1000),
    },
  };
}
