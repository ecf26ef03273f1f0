import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fillShell } from '../../src/shell/fill-shell.ts';
import type { Placeholder } from '../../src/shell/placeholders.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { checkArguments } from './long-arguments.ts';

type Context = StageContext<{ readonly run: string }>;

/**
 * Runs the command by `sh -e` in the root of the project. It inherits the stage's stdout and stderr, which are the log, and its
 * process group, so whatever ends the stage ends the command too.
 */
export default async function run(context: Context): Promise<void> {
  const ending = await endOf([...(context.launcher ?? []), 'sh', '-e', writeScript(context)], context.root);
  if (ending !== undefined) throw new StageError(`${ending}: ${firstLine(context.settings.run)}`);
  for (const port of context.outputPorts) {
    const path = context.output(port);
    if (!existsSync(path)) throw new StageError(`the command did not create its output "${port}", expected at ${path}`);
  }
}

/** Writes the command with the paths of its ports into a file, since an argument of `sh` has at most 128 KiB. */
function writeScript(context: Context): string {
  const given: Parameters<typeof checkArguments>[0][number][] = [];
  const { text, unfit } = fillShell(context.settings.run, (placeholder) => {
    const paths = pathsOf(context, placeholder);
    given.push({ ...placeholder, paths });
    return paths;
  });
  for (const { message, hint } of unfit) throw new StageError(`${message}. ${hint}`);
  checkArguments(given);
  const script = join(context.scratch, 'command.sh');
  writeFileSync(script, `${text}\n`);
  return script;
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
  const list = join(context.scratch, `${context.inputPorts.indexOf(port)}.list`);
  writeFileSync(list, paths.map((path) => `${path}\n`).join(''));
  return [list];
}

/**
 * Why the command failed; undefined where it succeeded. SIGTERM reaches the whole process group: we wait for the command, so that it
 * has time to clean up.
 */
function endOf([program, ...args]: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const wait = () => {};
    process.on('SIGTERM', wait);
    const child = spawn(program!, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => reject(new StageError(`sh did not start in ${cwd}: ${error.message}`)));
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', wait);
      if (code === 0) resolve(undefined);
      else resolve(code === null ? `was killed by ${signal}` : `exited with code ${code}${ofSignal(code)}`);
    });
  });
}

/** A shell exits with 128 plus the number of the signal that killed its program. */
function ofSignal(code: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? '' : ` (${name})`;
}

/** A folder may be a link, which `find` and others follow only where its path ends with a slash. */
const followed = (path: string): string => (statSync(path).isDirectory() ? `${path}/` : path);

/** The first line of the command, at most 100 characters, for messages. */
function firstLine(run: string): string {
  const [first = '', ...rest] = run.trim().split('\n');
  return rest.length > 0 || first.length > 100 ? `${first.slice(0, 100).trimEnd()} …` : first;
}
