import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  CodeError,
  type CodeQuestion,
  type FoundCode,
  goneSource,
  StageError,
} from '../../src/stage.ts';
import { type Lock, readLock } from './lock-file.ts';
import { pythonFile } from './python-file.ts';

/** What `closure.py` prints. */
interface Closure {
  readonly python: string;
  /** The interpreter's version and build. */
  readonly build: string;
  /** By absolute path: the path from the project or from the folder of imports, and the digest. */
  readonly files: Readonly<Record<string, readonly [label: string, digest: string]>>;
  /** By name: the version, and the digest of the code of one that was installed from a folder. */
  readonly packages: Readonly<Record<string, readonly [version: string, digest: string]>>;
  readonly looked: readonly string[];
  readonly absent: readonly AbsentModule[];
  /**
   * Whether the program changes where or how Python looks for modules in a way that only running it
   * can tell.
   */
  readonly isUnclear: boolean;
  readonly warnings: readonly (readonly [at: string, what: string, loads: keyof typeof endings])[];
  /** Files that an earlier run loaded and the program's text does not show. */
  readonly loaded: readonly string[];
  /** Those that no longer exist. */
  readonly gone: readonly string[];
  readonly error: string | null;
}

/**
 * A module that the program cannot do without, and that is not found; with a file or folder of the
 * project of its name.
 */
type AbsentModule = readonly [name: string, at: string, projectPath: string | null];

/** What follows for things that are found by other means than imports, by what they load. */
const endings = {
  files:
    'the files of the project that it loads count from the first run on; new files and installed packages do not',
  text: 'a file that it comes from does not count: declare it under `inputs`',
  packages: 'a change of them will not rerun its stages',
  nothing: 'a program that imports it fails there',
} as const;

/** How to start a program. A type, since to the compiler an interface is no JSON object. */
export type Start = {
  /** The path of the program from the root; empty for a module. */
  readonly program: string;
  readonly module?: string;
  readonly python: string;
  readonly opening: string;
  /** Why it cannot run; absent where it can. */
  readonly obstacle?: string;
  /** The environment in which it runs; absent: that of the interpreter. */
  readonly environment?: Lock;
  /** The versions of Python and of the packages that are known before it runs, by name. */
  readonly software: Readonly<Record<string, string>>;
};

/** The settings by which code is found. */
interface FindSettings {
  readonly continues?: readonly string[];
  readonly module?: string;
  readonly environment?: string;
  readonly python?: string;
}

interface Answer {
  readonly name: string;
  readonly closure: Closure;
}

/** What is wrong with an interpreter, or with the program. */
interface Fault {
  readonly problem: string;
  /** Absolute paths: a change of one of them may mend it. */
  readonly looked: readonly string[];
}

/**
 * Environment variables by which an interpreter and its modules are looked up. A remembered answer
 * holds while they keep their values. They are in no fingerprint: the files that they lead to are.
 */
const lookupVariables = [
  'PATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYENV_VERSION',
  'PYENV_ROOT',
  'HOME',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSAFEPATH',
  'PYTHONNOUSERSITE',
  'PYTHONUSERBASE',
];

/**
 * Asks one interpreter after the other what the program imports, until one has all that it needs.
 */
export async function findCode(question: CodeQuestion): Promise<FoundCode> {
  const { root, program, env } = question;
  const settings = question.settings as FindSettings;
  if (program === '' && settings.module === undefined) throw new StageError(noProgram);
  const lock =
    settings.environment === undefined ? undefined : readLock(root, settings.environment);
  const decided = question.start as Start | undefined;
  const answers: Answer[] = [];
  const faults: Fault[] = [];
  const candidates = decided === undefined ? interpreters(question) : [decided.python];
  for (const name of candidates.filter((path) => existsSync(path))) {
    const answer = await ask(name, question);
    if ('problem' in answer) faults.push(answer);
    else answers.push(answer);
    if (answers.at(-1)?.closure.absent.length === 0) break;
  }
  const chosen =
    answers.find(({ closure }) => closure.absent.length === 0) ??
    answers.find(({ closure }) => packagesOf(closure).length === 0) ??
    answers[0];
  if (chosen === undefined) {
    const problem = faults[0]?.problem ?? noInterpreter(settings.python);
    throw new CodeError(problem, [...candidates, ...faults.flatMap(({ looked }) => looked)]);
  }
  const { files, packages, build, python, loaded, gone } = chosen.closure;
  const start: Start = decided ?? {
    program: program === '' ? '' : relative(root, program),
    ...(settings.module !== undefined && { module: settings.module }),
    python,
    ...describeChoice(chosen, answers, { faults: faults.map(({ problem }) => problem), question }),
    ...(lock !== undefined && { environment: lock }),
    software: {
      Python: build.split(' ')[0]!,
      ...Object.fromEntries(Object.entries(packages).map(([name, [version]]) => [name, version])),
    },
  };
  return {
    sources: Object.fromEntries([
      ...(lock === undefined ? [] : [['its environment', lock.digest] as const]),
      ...Object.values(files),
      ...Object.entries(packages).map(
        ([name, [version, digest]]) => [`${name}==${version}`, digest] as const,
      ),
      ...gone.map((path) => [path, goneSource] as const),
      [`Python ${build}`, ''],
    ]),
    files: [...Object.keys(files), ...Object.keys(lock?.files ?? {})],
    looked: [
      ...finders,
      ...candidates,
      ...versionFiles(root, env),
      ...gone.map((path) => join(root, path)),
      ...answers.flatMap(({ closure }) => closure.looked),
    ],
    variables: lookupVariables,
    warnings: warningsOf(chosen.closure),
    loaded: [...loaded, ...gone],
    // A module that is absent is looked for in the whole project; with a lock only to warn of it.
    isVolatile: lock === undefined && chosen.closure.absent.length > 0,
    start,
  };
}

/** The modules that are absent and must be installed: nothing in the project has their name. */
const packagesOf = ({ absent, isUnclear }: Closure): readonly string[] =>
  isUnclear ? [] : absent.flatMap(([name, , projectPath]) => (projectPath === null ? [name] : []));

function warningsOf({ absent, isUnclear, warnings }: Closure): readonly string[] {
  const elsewhere = absent.flatMap(([name, at, projectPath]) => {
    const what = `imports ${name}, which is ${projectPath} in the project, but not where Python looks as far as its code shows`;
    return projectPath === null || isUnclear ? [] : [`${at} ${what}: ${endings.files}`];
  });
  return [...warnings.map(([at, what, loads]) => `${at} ${what}: ${endings[loads]}`), ...elsewhere];
}

/**
 * Absolute paths of the interpreters to try, in order, and of those that would come first on `PATH`
 * if they existed.
 */
function interpreters({ root, settings, env }: CodeQuestion): readonly string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = (name: string) => {
    const paths = folders.map((folder) => resolve(folder, name));
    const first = paths.findIndex((path) => existsSync(path));
    return first < 0 ? paths : paths.slice(0, first + 1);
  };
  const named = settings['python'];
  if (typeof named === 'string')
    return named.includes('/') ? [resolve(root, named)] : onPath(named);
  // An environment that is made has no need of the packages of another one.
  if (settings['environment'] !== undefined)
    return [...new Set([...onPath('python3'), '/usr/bin/python3'])];
  const active = [env['VIRTUAL_ENV'], env['CONDA_PREFIX']].flatMap((folder) => folder || []);
  const environments = [join(root, '.venv'), ...active].map((folder) =>
    join(folder, 'bin', 'python'),
  );
  return [...new Set([...environments, ...onPath('python3'), '/usr/bin/python3'])];
}

/** The files by which pyenv, whose `python3` never changes, chooses an interpreter. */
function versionFiles(root: string, env: CodeQuestion['env']): readonly string[] {
  const home = env['PYENV_ROOT'] ?? join(env['HOME'] ?? '/', '.pyenv');
  return [join(root, '.python-version'), join(home, 'version')];
}

const finders = [
  'closure.py',
  'counting.py',
  'expressions.py',
  'modules.py',
  'program.py',
  'restage_protocol_1.py',
].map(pythonFile);

/** The answer of an interpreter, or why it gives none. */
async function ask(
  path: string,
  { program, root, env, loaded, settings }: CodeQuestion,
): Promise<Answer | Fault> {
  const name = path.startsWith(root) ? relative(root, path) : path;
  // Without its own packages, an interpreter finds what it would in an environment that is made.
  const alone = settings['environment'] === undefined ? [] : ['-S'];
  try {
    const words = [...alone, finders[0]!, program, root, JSON.stringify(settings), ...loaded];
    const { stdout } = await promisify(execFile)(path, words, {
      cwd: root,
      env: { ...env },
      maxBuffer: 1 << 28,
    });
    const closure = JSON.parse(stdout) as Closure;
    if (closure.error !== null) return { problem: closure.error, looked: closure.looked };
    if (alone.length === 0) return { name, closure };
    // Packages come from the lock, but restage.py never does.
    const absent = closure.absent.filter(
      ([module, , projectPath]) => module === 'restage' || projectPath !== null,
    );
    return { name, closure: { ...closure, absent } };
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    return { problem: `${name} cannot be used: ${reason}`, looked: [path] };
  }
}

const noProgram =
  'There is no program: name a file by the input `program`, such as ./train.py, or a module by the setting `module`, such as pkg.train';

const noInterpreter = (named: unknown): string =>
  named === undefined
    ? 'There is no Python: neither .venv/bin/python in the project, nor python3 on PATH, nor /usr/bin/python3'
    : `There is no interpreter ${named}`;

/** Distributions that pip knows by another name than that of their module. */
const distributions: Readonly<Record<string, string>> = {
  PIL: 'pillow',
  cv2: 'opencv-python',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  yaml: 'pyyaml',
};

/** The line of the log about the choice of an interpreter, and why none serves. */
function describeChoice(
  chosen: Answer,
  answers: readonly Answer[],
  { faults, question }: { readonly faults: readonly string[]; readonly question: CodeQuestion },
) {
  const { name, closure } = chosen;
  const version = closure.build.split(' ')[0]!;
  const { environment } = question.settings;
  const packages = environment === undefined ? '' : `, and the packages of ${environment}`;
  const opening = `runs with ${name} (Python ${version})${packages}`;
  const missing = packagesOf(closure);
  const old = oldHelper(closure, question.settings as FindSettings);
  if (old !== undefined) return { opening, obstacle: old };
  if (missing.length === 0) {
    const known = new Set(closure.absent.map(([name]) => name));
    const earlier = answers.slice(0, answers.indexOf(chosen));
    const reasons = [
      ...earlier.flatMap((answer) => lacking(answer, (name) => !known.has(name))),
      ...faults,
    ];
    return { opening: reasons.length > 0 ? `${opening}: ${reasons.join(', ')}` : opening };
  }
  const reasons = [
    ...answers.flatMap((answer) => lacking(answer, (_, projectPath) => projectPath === null)),
    ...faults,
  ];
  const path = nameOf(question);
  const remedies = remediesOf(chosen, missing, path).join('. ');
  const obstacle = `${path} imports what is not installed: ${reasons.join(', ')}. ${remedies}`;
  return { opening, obstacle };
}

/** The path of a program from the root, or the name of a module. */
const nameOf = ({ root, program, settings }: CodeQuestion): string =>
  program === '' ? String(settings['module']) : relative(root, program);

/** A copy of restage.py that would take a checkpoint of more epochs for its own. */
function oldHelper({ files }: Closure, { continues = [] }: FindSettings): string | undefined {
  if (continues.length === 0) return undefined;
  const old = Object.entries(files).find(
    ([path]) =>
      basename(path) === 'restage.py' && !readFileSync(path, 'utf8').includes('continues'),
  );
  if (old === undefined) return undefined;
  const [path, [label]] = old;
  return `${label} is older than the setting \`continues\`: cp ${pythonFile('restage.py')} ${path}`;
}

/** What to do about modules that an interpreter lacks; `program` is relative to the root. */
function remediesOf(
  { name, closure: { python } }: Answer,
  missing: readonly string[],
  program: string,
): readonly string[] {
  const installed = missing.filter((module) => module !== 'restage');
  const remedies: string[] = [];
  if (installed.length > 0) {
    const isEnvironment = existsSync(join(dirname(dirname(python)), 'pyvenv.cfg'));
    const packages = installed.map((module) => distributions[module] ?? module).join(' ');
    const pip = isEnvironment
      ? `${name} -m pip install ${packages}`
      : `python3 -m venv .venv && .venv/bin/pip install ${packages}`;
    const debian = installed.map((module) => `python3-${module.toLowerCase()}`).join(' ');
    remedies.push(`Install it: ${pip}; or on Debian: apt-get install ${debian}`);
  }
  // Who types `pip install restage` gets what a stranger has registered under our name.
  if (installed.length < missing.length)
    remedies.push(
      `restage.py comes with Restage, not from pip: cp ${pythonFile('restage.py')} ${dirname(program)}/`,
    );
  return remedies;
}

/** The modules that an interpreter lacks, of those that matter. */
function lacking(
  { name, closure: { absent } }: Answer,
  matters: (name: string, projectPath: string | null) => boolean,
): readonly string[] {
  const names = absent.flatMap(([name, , projectPath]) =>
    matters(name, projectPath) ? [name] : [],
  );
  return names.length === 0 ? [] : [`${name} lacks ${names.join(', ')}`];
}
