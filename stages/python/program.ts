import { basename } from 'node:path';
import { fillShell } from '../../src/shell/fill-shell.ts';
import { type Program, type ProgramContext, StageError } from '../../src/stage.ts';
import type { Start } from './find-code.ts';

type Scalar = string | number | boolean;
type Args = string | Readonly<Record<string, Scalar | readonly Scalar[]>>;

/** The interpreter with the user's program where it lies, so that imports and tracebacks are the same as without Restage. */
export default function program(context: ProgramContext<{ readonly args: Args }>): Program {
  const { python, program, opening, obstacle } = context.code as Start;
  if (obstacle !== undefined) throw new StageError(obstacle);
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
  };
}

/** The words of a command line, quoted for the shell. */
function words(args: string, context: Pick<ProgramContext, 'inputs' | 'output'>): string {
  const { text, unfit } = fillShell(args, ({ side, name }) =>
    side === 'outputs' ? [context.output(name)] : context.inputs(name).map(({ path }) => path),
  );
  for (const { message, hint } of unfit) throw new StageError(`${message}. ${hint}`);
  return text;
}

/** `--lr 0.001`; a list gives several words after its name; `true` gives the name alone, `false` nothing. */
const options = (args: Exclude<Args, string>): readonly string[] =>
  Object.entries(args).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    return [`--${name}`, ...[value].flat().map(String)];
  });
