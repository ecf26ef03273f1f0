import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { fillShell } from '../../src/shell/fill-shell.ts';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { type Program, type ProgramContext, StageError } from '../../src/stage.ts';

type Context = ProgramContext<{ readonly run: string }>;

/** The command, run by `sh -e`. */
export default function program(context: Context): Program {
  return {
    argv: [...(context.launcher ?? []), 'sh', ...shellWords(context)],
    title: firstLine(context.settings.run),
  };
}

/** Long commands, in characters, go to `sh` in a file, since an argument has at most 128 KiB. */
const long = 32_000;

/** The command with the paths of its ports, as words for `sh`, whose messages begin with `run`. */
function shellWords(context: Context): readonly string[] {
  const given: Filled[] = [];
  const { text, unfit } = fillShell(context.settings.run, (placeholder) => {
    // A placeholder of another language.
    if (placeholder.side !== 'inputs' && placeholder.side !== 'outputs') return undefined;
    const paths = pathsOf(context, placeholder);
    given.push({ ...placeholder, paths });
    return paths;
  });
  for (const { message, hint } of unfit) throw new StageError(`${message}. ${hint}`);
  checkArguments(given);
  return text.length < long
    ? ['-ec', '--', text, 'run']
    : ['-e', inScratch(context, 'run', `${text}\n`)];
}

/** The paths that a placeholder stands for: those of a port, or that of a file that lists them. */
function pathsOf(context: Context, { side, name }: Placeholder): readonly string[] {
  if (side === 'outputs') return [context.output(name)];
  const port = context.inputPorts.includes(name) ? name : name.replace(/\.list$/, '');
  const paths = context.inputs(port).map(({ path }) => followed(path));
  if (port === name) return paths;
  const broken = paths.find((path) => path.includes('\n'));
  if (broken !== undefined) {
    throw new StageError(
      `"\${inputs.${name}}" has one path a line, but ${JSON.stringify(broken)} has a line break`,
    );
  }
  const file = `${context.inputPorts.indexOf(port)}.list`;
  return [inScratch(context, file, paths.map((path) => `${path}\n`).join(''))];
}

function inScratch({ scratch }: Context, name: string, text: string): string {
  const path = join(scratch, name);
  mkdirSync(scratch, { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A folder may be a link, which `find` and others follow only where its path ends with a slash. */
const followed = (path: string): string => (statSync(path).isDirectory() ? `${path}/` : path);

/** The first line of the command, at most 100 characters, for messages. */
function firstLine(run: string): string {
  const [first = '', ...rest] = run.trim().split('\n');
  return rest.length > 0 || first.length > 100 ? `${first.slice(0, 100).trimEnd()} …` : first;
}

/** A placeholder with the paths that replace it. */
type Filled = Placeholder & { readonly paths: readonly string[] };

/** Words that the shell runs itself; their arguments may have any length. */
const builtIn = /^(for|select|case|set|printf|echo|test|\[|\[\[|:|true)$/;

/** In bytes; every system accepts as much. */
const alwaysAccepted = 60_000;

/**
 * Checks that the system accepts the paths which each program of a command gets as arguments.
 * Otherwise the shell would report it in the log only, and in a pipe such as
 * `cat ${inputs.images} | wc` continue with a wrong result. Throws a {@link StageError} where a
 * program would get too many.
 */
function checkArguments(given: readonly Filled[]): void {
  const passed = given
    .filter(
      ({ command, code }) =>
        command?.name !== undefined && !builtIn.test(command.name) && code === undefined,
    )
    .map((filled) => {
      const words = filled.quoting === 'words' ? filled.paths : [filled.paths.join(' ')];
      return {
        ...filled,
        words,
        bytes: words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0),
      };
    });
  for (const [command, lists] of groupBy(passed, ({ command }) => command)) {
    if (lists.reduce((sum, { bytes }) => sum + bytes, 0) < alwaysAccepted) continue;
    if (!isRefused(lists.flatMap(({ words }) => words))) continue;
    const { name, paths, bytes } = lists.reduce((most, list) =>
      list.bytes > most.bytes ? list : most,
    );
    const count = formatCount(paths.length);
    const size = formatCount(Math.round(bytes / 1000));
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
