import { shellQuote } from '../../shell/shell-quote.ts';
import type { PlaceSpec } from '../config/places.ts';

/** How a node starts Restage. */
export interface NodeCommand {
  /** The Node that runs this process. A place with its own set-up or container uses the one that it finds there. */
  readonly node: string;
  /** The file that Node runs, and its words. */
  readonly words: readonly string[];
}

/**
 * The shell script of a job, with further `lines` after the place's own. It becomes Node at its end, so that the scheduler's
 * signals reach Node itself.
 */
export function jobScript(
  { setup, container, env }: PlaceSpec,
  { node, words }: NodeCommand,
  options: { root: string; memory: number; environment: NodeJS.ProcessEnv; lines?: readonly string[] },
): string {
  const { root, memory, environment, lines = [] } = options;
  const given = env.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`export ${name}=${shellQuote(value)}`];
  });
  const found = container.length > 0 ? 'node' : `"$(command -v node || printf %s ${shellQuote(node)})"`;
  const program = container.length + setup.length > 0 ? found : shellQuote(node);
  const heap = memory > 0 ? [`--max-old-space-size=${Math.max(64, Math.floor(memory / 2 ** 20))}`] : [];
  return [
    '#!/bin/sh',
    `cd ${shellQuote(root)} || exit 1`,
    ...given,
    ...setup,
    ...lines,
    ['exec', ...container.map(shellQuote), program, ...[...heap, ...words].map(shellQuote)].join(' '),
    '',
  ].join('\n');
}
