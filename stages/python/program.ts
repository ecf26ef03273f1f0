import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { fillShell } from '../../src/shell/fill-shell.ts';
import { type Program, type ProgramContext, StageError } from '../../src/stage.ts';
import type { Start } from './find-code.ts';
import { pythonFile } from './python-file.ts';

type Scalar = string | number | boolean;
type Args = string | Readonly<Record<string, Scalar | readonly Scalar[]>>;

interface Settings {
  readonly args: Args;
  readonly launcher: readonly string[];
}

/**
 * The interpreter with the user's program where it lies, so that imports and tracebacks are the
 * same as without Restage.
 */
export default function program(context: ProgramContext<Settings>): Program {
  const start = context.code as Start;
  const { python, program, module, opening, obstacle, environment } = start;
  if (obstacle !== undefined) throw new StageError(obstacle);
  const { args, launcher } = context.settings;
  const folder = join(context.scratch, 'python');
  const watch = watchLoading(context, folder);
  const made = environment && makeEnvironment(start, context, folder);
  const isLaunched = launcher.length > 0;
  // What is made takes the place of the interpreter once it is there.
  const interpreter = isLaunched ? launcher : [made === undefined ? python : 'python', '-u'];
  const words = [
    ...(context.launcher ?? []),
    ...(made?.words ?? []),
    ...interpreter,
    ...(module === undefined ? [program] : ['-m', module]),
  ];
  if (isLaunched && made === undefined) checkLauncher(launcher[0]!, python);
  return {
    argv:
      typeof args === 'string'
        ? ['sh', '-ec', `exec "$@" ${wordsOf(args, context)}`, 'run', ...words]
        : [...words, ...options(args)],
    title: module ?? basename(program),
    opening,
    env: {
      PYTHONHASHSEED: '0', // otherwise the order of a set of texts differs from run to run
      ...(isLaunched && { PYTHONUNBUFFERED: '1' }),
    },
    searchFirst: {
      PYTHONPATH: folder,
      ...(isLaunched && made === undefined && { PATH: dirname(python) }),
    },
    loaded: watch.loaded,
    software: () => ({
      Python: start.software['Python']!,
      ...watch.software(),
      ...start.software,
      ...made?.packages(),
    }),
  };
}

/** Throws where the program that starts the user's is neither beside Python nor on `PATH`. */
function checkLauncher(name: string, python: string): void {
  if (name.includes('/')) return;
  const folders = [dirname(python), ...(process.env['PATH'] ?? '').split(delimiter)];
  if (folders.some((folder) => isExecutable(join(folder, name)))) return;
  throw new StageError(
    `There is no program "${name}", the first word of \`launcher\`, beside ${python} or on PATH`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The words that make the environment of a lock, unless it is there, and then start in it what
 * follows; and its packages, asked after the end.
 */
function makeEnvironment(
  { python, environment, software }: Start,
  context: ProgramContext,
  folder: string,
) {
  const { environments, root } = context;
  const { tool, path, digest, files } = environment!;
  // Scripts of an environment hold its absolute path, hence `environments`.
  const decides = [tool, digest, python, software['Python'], process.platform, process.arch];
  const place = join(environments, sha256(JSON.stringify([...decides, environments])).slice(0, 16));
  // A copy: what lies in the project would count as loaded by the program.
  const script = join(folder, 'make_environment.py');
  writeFileSync(script, readFileSync(pythonFile('make_environment.py')));
  const question = { place, tool, lock: path, files, root };
  return {
    words: [python, '-I', script, JSON.stringify(question)],
    packages: (): Readonly<Record<string, string>> =>
      JSON.parse(readFileSync(join(place, 'ready.json'), 'utf8')).packages,
  };
}

/**
 * Lets Python note the files that the program loads, before anything of the program runs, and at
 * its end the versions that only a running program knows.
 */
function watchLoading({ root, settings }: ProgramContext<Settings>, folder: string) {
  const notes = join(folder, 'loaded');
  const ends = join(folder, 'software');
  mkdirSync(notes, { recursive: true });
  mkdirSync(ends);
  // A launcher gives its programs the environment that it sees itself.
  const isHidden = settings.launcher.length === 0 ? 'True' : 'False';
  const paths = [root, notes, ends].map((path) => JSON.stringify(path)).join(', ');
  // The user's own, if any.
  const last = `begin(${paths}, ${isHidden})\nimport sitecustomize\n`;
  writeFileSync(
    join(folder, 'sitecustomize.py'),
    `${readFileSync(pythonFile('watch_loading.py'), 'utf8')}\n\n${last}`,
  );
  const textsIn = (path: string) =>
    readdirSync(path).map((name) => readFileSync(join(path, name), 'utf8'));
  return {
    loaded: () => textsIn(notes).flatMap((text) => text.split('\0').slice(0, -1)),
    software: (): Readonly<Record<string, string>> =>
      Object.assign({}, ...textsIn(ends).map((text) => JSON.parse(text))),
  };
}

/** The words of a command line, quoted for the shell. */
function wordsOf(args: string, context: ProgramContext): string {
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
