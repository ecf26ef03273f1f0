import { spawnSync } from 'node:child_process';
import { formatCount } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { StageError } from '../../src/stage.ts';

/** Words that the shell runs itself; their arguments may have any length. */
const builtIn = /^(for|select|case|set|printf|echo|test|\[|\[\[|:|true)$/;

/** In bytes; every system accepts as much. */
const alwaysAccepted = 60_000;

/**
 * Checks that the system accepts the paths which each program of a command gets as arguments. Otherwise the shell would report
 * it in the log only, and in a pipe such as `cat ${inputs.images} | wc` continue with a wrong result. Throws a
 * {@link StageError} where a program would get too many.
 */
export function checkArguments(given: readonly (Placeholder & { readonly paths: readonly string[] })[]): void {
  const passed = given
    .filter(({ command, code }) => command?.name !== undefined && !builtIn.test(command.name) && code === undefined)
    .map((one) => {
      const words = one.quoting === 'words' ? one.paths : [one.paths.join(' ')];
      return { ...one, words, bytes: words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0) };
    });
  for (const [command, own] of groupBy(passed, ({ command }) => command)) {
    if (own.reduce((sum, { bytes }) => sum + bytes, 0) < alwaysAccepted) continue;
    if (!isRefused(own.flatMap(({ words }) => words))) continue;
    const { name, paths, bytes } = own.reduce((most, one) => (one.bytes > most.bytes ? one : most));
    const [count, size] = [paths.length, Math.round(bytes / 1000)].map(formatCount);
    throw new StageError(
      `"\${inputs.${name}}" is ${count} paths of ${size} kB together, more than ${command!.name} takes as arguments (argument list too long). "\${inputs.${name}.list}" is a file of them, one path a line`,
    );
  }
}

/** Asks the system, since its limits depend on those of the user, and on the environment. */
function isRefused(words: readonly string[]): boolean {
  const room = 'x'.repeat(4096); // for the program's other arguments
  const { error } = spawnSync('true', [room, ...words], { stdio: 'ignore' });
  return (error as NodeJS.ErrnoException | undefined)?.code === 'E2BIG';
}
