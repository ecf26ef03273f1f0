import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { type StageContext, StageError } from '../../src/stage.ts';
import { fillPaths } from './fill-paths.ts';

/**
 * Runs the command by `sh -e` in the root of the project. It writes to the stage's own stdout and stderr, which are the
 * log. The shell stays in the stage's process group, so whatever ends the stage ends the command too.
 */
export default async function run(context: StageContext<{ readonly run: string }>): Promise<void> {
  const command = fillPaths(context.settings.run, {
    inputs: (port) => context.inputs(port).map(({ path }) => followed(path)),
    outputs: (port) => context.output(port),
  });
  const ending = await endOf([...(context.launcher ?? []), 'sh', '-e', '-c', command], context.root);
  if (ending !== undefined) throw new StageError(`${ending}: ${firstLine(context.settings.run)}`);
  for (const port of context.outputPorts) {
    const path = context.output(port);
    if (!existsSync(path)) throw new StageError(`the command did not create its output "${port}", expected at ${path}`);
  }
}

/**
 * How the command went wrong, or undefined where it went well. A gentle stop reaches the command as it reaches us, its
 * group: we wait for it, so that one that cleans up has the time.
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
      else resolve(signal === null ? `exited with code ${code}` : `was killed by ${signal}`);
    });
  });
}

/** A folder may be a link, which `find` and others look into only where its path ends with a slash. */
const followed = (path: string): string => (statSync(path).isDirectory() ? `${path}/` : path);

/** The command as the user knows it: its first line, at most 100 characters. */
function firstLine(run: string): string {
  const [first = '', ...rest] = run.trim().split('\n');
  return rest.length > 0 || first.length > 100 ? `${first.slice(0, 100).trimEnd()} …` : first;
}
