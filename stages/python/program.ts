import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fillShell } from '../../src/shell/fill-shell.ts';
import { type Program, type ProgramContext, StageError } from '../../src/stage.ts';
import type { Start } from './find-code.ts';
import { pythonFile } from './python-file.ts';

type Scalar = string | number | boolean;
type Args = string | Readonly<Record<string, Scalar | readonly Scalar[]>>;

/**
 * The interpreter with the user's program where it lies, so that imports and tracebacks are the
 * same as without Restage.
 */
export default function program(context: ProgramContext<{ readonly args: Args }>): Program {
  const { python, program, opening, obstacle } = context.code as Start;
  if (obstacle !== undefined) throw new StageError(obstacle);
  const watch = watchLoading(context);
  const { args } = context.settings;
  const start = [...(context.launcher ?? []), python, '-u', program];
  return {
    argv:
      typeof args === 'string'
        ? ['sh', '-ec', `exec "$@" ${words(args, context)}`, 'run', ...start]
        : [...start, ...options(args)],
    title: basename(program),
    opening,
    env: { PYTHONHASHSEED: '0' }, // otherwise the order of a set of texts differs from run to run
    ...watch,
  };
}

/** Lets Python note the files that the program loads, before anything of the program runs. */
function watchLoading({ scratch, root }: ProgramContext) {
  const folder = join(scratch, 'python');
  const notes = join(folder, 'loaded');
  mkdirSync(notes, { recursive: true });
  // The user's own, if any.
  const last = `watch(${JSON.stringify(root)}, ${JSON.stringify(notes)})\nimport sitecustomize\n`;
  writeFileSync(
    join(folder, 'sitecustomize.py'),
    `${readFileSync(pythonFile('watch_loading.py'), 'utf8')}\n\n${last}`,
  );
  return {
    searchFirst: { PYTHONPATH: folder },
    loaded: () =>
      readdirSync(notes).flatMap((name) =>
        readFileSync(join(notes, name), 'utf8').split('\0').slice(0, -1),
      ),
  };
}

/** The words of a command line, quoted for the shell. */
function words(args: string, context: ProgramContext): string {
  const { text, unfit } = fillShell(args, ({ side, name }) => {
    if (side === 'outputs') return [context.output(name)];
    return side === 'inputs' ? context.inputs(name).map(({ path }) => path) : undefined;
  });
  for (const { message, hint } of unfit) throw new StageError(`${message}. ${hint}`);
  return text;
}

/**
 * `--lr 0.001`; a list gives several words after its name; `true` gives the name alone, `false`
 * nothing.
 */
const options = (args: Exclude<Args, string>): readonly string[] =>
  Object.entries(args).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    return [`--${name}`, ...[value].flat().map(String)];
  });
