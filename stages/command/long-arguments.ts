import { spawnSync } from 'node:child_process';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { StageError } from '../../src/stage.ts';

/** Words that the shell runs itself; their arguments may have any length. */
const builtIn = /^(for|select|case|set|printf|echo|test|\[|\[\[|:|true)$/;

/** In bytes; every system accepts as much. */
const alwaysAccepted = 60_000;

/** The paths of one placeholder. */
interface PathArguments {
  readonly name: string;
  readonly paths: readonly string[];
  /** The arguments that they make. */
  readonly words: readonly string[];
  readonly bytes: number;
}

/**
 * Checks that the system accepts the paths which each program of a command gets as arguments. Otherwise the shell would report it in
 * the log only, and in a pipe such as `cat ${inputs.images} | wc` continue with a wrong result.
 */
export class LongArguments {
  readonly #byCommand = new Map<Placeholder['command'], PathArguments[]>();

  add({ command, code, quoting, name }: Placeholder, paths: readonly string[]): void {
    if (command === undefined || code !== undefined) return;
    const words = quoting === 'words' ? paths : [paths.join(' ')];
    const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
    this.#byCommand.set(command, [...(this.#byCommand.get(command) ?? []), { name, paths, words, bytes }]);
  }

  /** Throws a {@link StageError} where a program would get too many. */
  check(): void {
    for (const [command, given] of this.#byCommand) {
      if (command?.name === undefined || builtIn.test(command.name)) continue;
      if (given.reduce((sum, { bytes }) => sum + bytes, 0) < alwaysAccepted) continue;
      if (!isRefused(given.flatMap(({ words }) => words))) continue;
      const { name, paths, bytes } = given.reduce((most, one) => (one.bytes > most.bytes ? one : most));
      const [count, size] = [paths.length, Math.round(bytes / 1000)].map((number) => number.toLocaleString('en'));
      throw new StageError(
        `"\${inputs.${name}}" is ${count} paths of ${size} kB together, more than ${command.name} takes as arguments (argument list too long). "\${inputs.${name}.list}" is a file of them, one path a line`,
      );
    }
  }
}

/** Asks the system, since its limits depend on those of the user, and on the environment. */
function isRefused(words: readonly string[]): boolean {
  const room = 'x'.repeat(4096); // for the program's other arguments
  const { error } = spawnSync('true', [room, ...words], { stdio: 'ignore' });
  return (error as NodeJS.ErrnoException | undefined)?.code === 'E2BIG';
}
