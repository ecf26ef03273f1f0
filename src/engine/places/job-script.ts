import type { Environment } from '../../environment.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import type { PlaceSpec } from './place-spec.ts';

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
  { setup, container, env: travelling, scheduler }: PlaceSpec,
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
    ...scheduler.lines,
    ...exports,
    ...setup,
    ...lines,
    ['exec', ...container.map(shellQuote), program, ...[...heap, ...words].map(shellQuote)].join(
      ' ',
    ),
    '',
  ].join('\n');
}
