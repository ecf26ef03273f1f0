import { sha256 } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import type { CodeQuestion, FoundCode, KindSpec } from '../../stage.ts';
import type { ProgramCode, Stage } from '../config/pipeline.ts';
import { asSeen } from '../config/stages/resolve-stage.ts';
import { cacheOf, inCache } from '../files/cache-paths.ts';
import { precedesRead } from '../files/settled-times.ts';
import { pathSignature } from '../files/walk-tree.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { isReadOnly } from '../files/write-error.ts';
import { kindBuild, writeKindSources } from './kind-build.ts';

/** Raised where a remembered answer would lack something. */
const answerForm = 2;

/**
 * Finds a program's code. It is remembered while the files, places and variables that decided it
 * are unchanged.
 */
export async function findCode(spec: KindSpec, question: CodeQuestion): Promise<ProgramCode> {
  const { program, root, settings, env, loaded, start } = question;
  const startedAt = Date.now();
  const asked = [answerForm, spec.name, spec.version, program, settings, loaded, start];
  const key = sha256(JSON.stringify(asked));
  const file = inCache(cacheOf(root), 'memory', `code-${key.slice(0, 32)}.json`);
  const known = readJson<{ readonly signature: string; readonly found: FoundCode }>(file);
  const isKnown =
    known !== undefined && known.signature === codeSignature(known.found, env).signature;
  const foundCode = isKnown ? known.found : await spec.code!.find(question);
  const { files, sources, isVolatile: _, ...rest } = foundCode;
  const version = `${spec.version}-${sha256(JSON.stringify(Object.entries(sources).sort()))}`;
  const { signature, newest } = codeSignature(foundCode, env);
  // A file that changed this recently may have been read before or after.
  const signatures = files.map((path) => {
    const taken = pathSignature(path);
    return [path, isKnown || taken.newest < startedAt ? taken.signature : ''] as const;
  });
  try {
    if (!isKnown && !foundCode.isVolatile && precedesRead(newest, startedAt))
      writeJson(file, { signature, found: foundCode });
    writeKindSources(kindBuild(cacheOf(root), spec.name, version), sources);
  } catch (error) {
    if (!isReadOnly(error)) throw error;
  }
  return { ...rest, sources, program, version, signatures: Object.fromEntries(signatures) };
}

/** The project in which code is found, and the environment in which it will run. */
interface CodeSurroundings {
  readonly root: string;
  readonly env: Environment;
}

/** The code of a stage as it is here now, with what earlier runs of it loaded. */
export async function findAgain(
  spec: KindSpec,
  stage: Stage,
  at: CodeSurroundings,
): Promise<ProgramCode> {
  const { loaded } = stage.code!;
  const code = await findCode(spec, questionOf(spec, stage, at));
  return loaded.length === 0 ? code : await findLoaded(spec, { ...stage, code }, at, loaded);
}

/** The code of a stage with files that its program loaded, for the interpreter that ran it. */
export async function findLoaded(
  spec: KindSpec,
  stage: Stage,
  at: CodeSurroundings,
  loaded: readonly string[],
): Promise<ProgramCode> {
  return await findCode(spec, {
    ...questionOf(spec, stage, at),
    loaded,
    start: stage.code!.start,
  });
}

function questionOf(
  spec: KindSpec,
  { code, settings, env }: Stage,
  { root, env: inherited }: CodeSurroundings,
): CodeQuestion {
  const named = Object.entries(settings).filter(([name]) => spec.code!.settings.includes(name));
  return {
    program: code!.program,
    root,
    settings: Object.fromEntries(named),
    env: { ...inherited, ...asSeen(env) },
    loaded: [],
  };
}

/**
 * Finds the code of stages with files that their programs loaded. Keeps what it found: a run
 * depends on it.
 */
export class LoadedCode {
  readonly #find: (stage: Stage, loaded: readonly string[]) => Promise<ProgramCode>;
  readonly #found = new Map<string, Promise<ProgramCode>>();

  constructor(find: (stage: Stage, loaded: readonly string[]) => Promise<ProgramCode>) {
    this.#find = find;
  }

  /** The stage with these files as part of its code; undefined if they change nothing. */
  async extend(stage: Stage, files: readonly string[]): Promise<Stage | undefined> {
    if (stage.code === undefined) return undefined;
    const loaded = [...new Set([...stage.code.loaded, ...files])];
    const { program, start } = stage.code;
    const key = JSON.stringify([program, start, stage.env, stage.kindVersion, loaded]);
    const foundCode = this.#found.get(key) ?? this.#find(stage, loaded);
    this.#found.set(key, foundCode);
    const { version, looked: _, warnings: _w, ...code } = await foundCode;
    return version === stage.kindVersion ? undefined : { ...stage, kindVersion: version, code };
  }

  all(): Promise<readonly ProgramCode[]> {
    return Promise.all(this.#found.values());
  }
}

function codeSignature({ files, looked, variables }: FoundCode, env: CodeQuestion['env']) {
  const signatures = [...files, ...looked].map(pathSignature);
  const values = variables.map((name) => env[name] ?? '');
  const signature = sha256(JSON.stringify([signatures.map(({ signature }) => signature), values]));
  return { signature, newest: Math.max(...signatures.map(({ newest }) => newest)) };
}

/** The files whose signature is no longer the given one. */
export const changedFiles = (signatures: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(signatures).flatMap(([path, signature]) =>
    pathSignature(path).signature === signature ? [] : [path],
  );
