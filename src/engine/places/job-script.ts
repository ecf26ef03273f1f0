import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../shell/shell-quote.ts';
import type { PlaceSpec } from '../config/places.ts';
import type { JobRequest } from './scheduler.ts';

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
  { cache, root }: { readonly cache: string; readonly root: string },
): { readonly folder: string; readonly request: JobRequest } {
  const folder = join(cache, 'jobs', name);
  const script = join(folder, 'script.sh');
  const memory = place.memory.default;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(script, jobScript(place, commandFor(folder), { root, memory }), { mode: 0o700 });
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

/**
 * The shell script of a job. It ends with `exec`, so that the scheduler's signals reach Node
 * itself.
 */
export function jobScript(
  { setup, container, env }: PlaceSpec,
  { node, words, lines = [] }: NodeCommand,
  { root, memory }: { readonly root: string; readonly memory: number },
): string {
  const given = env.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [`export ${name}=${shellQuote(value)}`];
  });
  const found =
    container.length > 0 ? 'node' : `"$(command -v node || printf %s ${shellQuote(node)})"`;
  const program = container.length + setup.length > 0 ? found : shellQuote(node);
  const heap =
    memory > 0 ? [`--max-old-space-size=${Math.max(64, Math.floor(memory / 2 ** 20))}`] : [];
  return [
    '#!/bin/sh',
    `cd ${shellQuote(root)} || exit 1`,
    ...given,
    ...setup,
    ...lines,
    ['exec', ...container.map(shellQuote), program, ...[...heap, ...words].map(shellQuote)].join(
      ' ',
    ),
    '',
  ].join('\n');
}
