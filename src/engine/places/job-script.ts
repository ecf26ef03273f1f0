import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { inCache } from '../files/cache-paths.ts';
import type { PlaceSpec } from './place-spec.ts';
import type { JobRequest } from './schedulers/scheduler.ts';

/** A command that a job runs by Node. */
export interface NodeCommand {
  /**
   * The path of the Node that runs this process. A place with its own set-up or container uses the
   * Node that it finds there.
   */
  readonly node: string;
  readonly words: readonly string[];
  /** Shell lines after the place's own. */
  readonly lines?: readonly string[];
}

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
      name: `restage-${name}`,
      script,
      root,
      log: join(folder, 'output'),
      workers: 1,
      needs: { cpu: 1, gpu: 0, memory },
      seconds: Math.ceil(place.time / 1000),
    },
  };
}

interface ScriptOptions {
  readonly root: string;
  /** Bytes that the job may use; 0 where that is not limited. */
  readonly memory: number;
  /** Where the variables come from that travel with the job. */
  readonly env: Environment;
}

/**
 * The shell script of a job. It ends with `exec`, so that the scheduler's signals reach Node
 * itself.
 */
export function jobScript(
  { setup, container, env: travelling }: PlaceSpec,
  { node, words, lines = [] }: NodeCommand,
  { root, memory, env }: ScriptOptions,
): string {
  const exports = travelling.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [`export ${name}=${shellQuote(value)}`];
  });
  const nodeOfPlace =
    container.length > 0 ? 'node' : `"$(command -v node || printf %s ${shellQuote(node)})"`;
  const program = container.length + setup.length > 0 ? nodeOfPlace : shellQuote(node);
  const heap =
    memory > 0 ? [`--max-old-space-size=${Math.max(64, Math.floor(memory / 2 ** 20))}`] : [];
  return [
    '#!/bin/sh',
    `cd ${shellQuote(root)} || exit 1`,
    ...exports,
    ...setup,
    ...lines,
    ['exec', ...container.map(shellQuote), program, ...[...heap, ...words].map(shellQuote)].join(
      ' ',
    ),
    '',
  ].join('\n');
}
