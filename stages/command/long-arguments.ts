import { spawnSync } from 'node:child_process';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { StageError } from '../../src/stage.ts';

/** What a shell does itself: words of these may have any length. */
const builtIn = /^(for|select|case|set|printf|echo|test|\[|\[\[|:|true)$/;

/** In bytes; every system takes as much. */
const alwaysTaken = 60_000;

/**
 * The paths that each program of a command gets as arguments, to see that the system takes as many. The shell would tell in the
 * log, but in a pipe such as `cat ${inputs.images} | wc` go on, and the result be wrong.
 */
export class LongArguments {
  readonly #given = new Map<Placeholder['command'], Given[]>();

  add({ command, code, quoting, name }: Placeholder, paths: readonly string[]): void {
    if (command === undefined || code !== undefined) return;
    const words = quoting === 'words' ? paths : [paths.join(' ')];
    const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
    this.#given.set(command, [...(this.#given.get(command) ?? []), { name, paths, words, bytes }]);
  }

  /** Throws a {@link StageError} where a program would get too many. */
  check(): void {
    for (const [command, given] of this.#given) {
      if (command?.name === undefined || builtIn.test(command.name)) continue;
      if (given.reduce((sum, { bytes }) => sum + bytes, 0) < alwaysTaken) continue;
      if (!isRefused(given.flatMap(({ words }) => words))) continue;
      const { name, paths, bytes } = given.reduce((most, one) => (one.bytes > most.bytes ? one : most));
      const size = `${paths.length.toLocaleString('en')} paths of ${Math.round(bytes / 1000).toLocaleString('en')} kB together`;
      throw new StageError(
        `"\${inputs.${name}}" is ${size}, more than ${command.name} takes as arguments (argument list too long). "\${inputs.${name}.list}" is a file of them, one path a line`,
      );
    }
  }
}

/** What stands for one placeholder. */
interface Given {
  readonly name: string;
  readonly paths: readonly string[];
  /** The arguments that they make. */
  readonly words: readonly string[];
  readonly bytes: number;
}

/** Asks the system, of which the limits depend on the user's, and on the environment. */
function isRefused(words: readonly string[]): boolean {
  const room = 'x'.repeat(4096); // for what else the program is given
  const { error } = spawnSync('true', [room, ...words], { stdio: 'ignore' });
  return (error as NodeJS.ErrnoException | undefined)?.code === 'E2BIG';
}
