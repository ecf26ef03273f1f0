import { mkdirSync, writeFileSync } from 'node:fs';
import type { Environment } from '../../environment.ts';
import type { JobRequest } from '../../scheduler.ts';
import { BatchFolder } from './batch-folder.ts';
import { jobRequest, jobSize } from './job-request.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import type { PlaceSpec } from './place-spec.ts';

/** Writes the script of a job outside batches into its own folder `cache/jobs/<name>`. */
export function prepareJob(
  name: string,
  place: PlaceSpec,
  commandFor: (folder: string) => NodeCommand,
  project: { readonly cache: string; readonly root: string; readonly env: Environment },
): { readonly folder: BatchFolder; readonly request: JobRequest } {
  const { cache, root, env } = project;
  const folder = new BatchFolder(cache, name);
  const { path, script } = folder;
  const memory = place.memory.default;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(script, jobScript(place, commandFor(path), { root, memory, env }), { mode: 0o700 });
  const needs = { cpu: 1, gpu: 0, memory };
  return { folder, request: jobRequest(folder, jobSize(place, { root, needs, workers: 1 })) };
}
