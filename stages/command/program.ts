import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillShell } from '../../src/shell/fill-shell.ts';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { type Program, type ProgramContext, StageError } from '../../src/stage.ts';
import { checkArguments } from './long-arguments.ts';

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
  const given: Parameters<typeof checkArguments>[0][number][] = [];
  const { text, unfit } = fillShell(context.settings.run, (placeholder) => {
    const paths = pathsOf(context, placeholder);
    given.push({ ...placeholder, paths });
    return paths;
  });
  for (const { message, hint } of unfit) throw new StageError(`${message}. ${hint}`);
  checkArguments(given);
  return text.length < long ? ['-ec', '--', text, 'run'] : ['-e', inScratch(context, 'run', `${text}\n`)];
}

/** The paths that a placeholder stands for: those of a port, or that of a file that lists them. */
function pathsOf(context: Context, { side, name }: Placeholder): readonly string[] {
  if (side === 'outputs') return [context.output(name)];
  const port = context.inputPorts.includes(name) ? name : name.replace(/\.list$/, '');
  const paths = context.inputs(port).map(({ path }) => followed(path));
  if (port === name) return paths;
  const broken = paths.find((path) => path.includes('\n'));
  if (broken !== undefined) {
    throw new StageError(`"\${inputs.${name}}" has one path a line, but ${JSON.stringify(broken)} has a line break`);
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
