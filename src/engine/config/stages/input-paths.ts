import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { closest } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Mistake, Span } from '../../diagnostics/diagnostic.ts';
import { expandGlob, globBase, globCharacters } from '../expand-glob.ts';
import { findInPackage, folderSaying } from '../find-package.ts';
import type { LoadContext } from '../load-context.ts';

/** The paths that a path or glob of an input means, or why there are none. */
export type PathAnswer =
  | { readonly glob: boolean; readonly paths: readonly InputPath[] }
  /** `absolute` is the path, or the folder of the glob: a stage may publish there. */
  | { readonly absolute: string; readonly missing: Mistake };

/** The path of an input, for reading and as the user wrote it. */
interface InputPath {
  readonly absolute: string;
  readonly shown: string;
}

/** A path input and where it is written, to be checked against the outputs of stages. */
export interface PathClaim extends InputPath {
  readonly at: Span;
  /** The mistake to report when no stage makes it; absent where it exists. */
  readonly missing?: Mistake;
}

/**
 * A shell expands the home folder only at the beginning of a word: not in
 * `--set params.images=~/faces`.
 */
const homeHint = '"~" is not expanded here: write the whole path, or on a command line $HOME.';

/** Looks up paths and globs of inputs, each once. */
export class InputPaths {
  readonly globs = new Map<string, readonly string[]>();
  /** Absolute paths of all that are no globs, absent ones among them. */
  readonly paths = new Set<string>();
  readonly #context: LoadContext;
  readonly #known = new Map<string, PathAnswer>();

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** A text that exists is a path even if it looks like a glob. `at` is where it is written. */
  async find(text: string, at: Span): Promise<PathAnswer> {
    const isInPackage = text.startsWith('npm:');
    const key = isInPackage ? `${text} ${folderSaying(at, this.#context.root)}` : text;
    const known = this.#known.get(key) ?? (await this.#find(text, at, isInPackage));
    this.#known.set(key, known);
    return known;
  }

  async #find(text: string, at: Span, isInPackage: boolean): Promise<PathAnswer> {
    const { root, looked } = this.#context;
    const missing = (
      absolute: string,
      code: 'missing-file' | 'empty-glob' | 'unreadable',
      message: string,
    ) => {
      const near = isInPackage ? undefined : nearPath(text, root);
      const hint = /^~(\/|$)/.test(text) ? homeHint : near && `Did you mean "${near}"?`;
      return { absolute, missing: { code, message, hint } };
    };
    const absolute = isInPackage ? findInPackage(text, at, this.#context) : resolve(root, text);
    if (absolute === undefined)
      return missing(text, 'missing-file', `No package of "${text}" is installed`);
    const error = accessError(absolute);
    const isGlob = error?.code === 'ENOENT' && globCharacters.test(text) && !isInPackage;
    if (!isGlob) this.paths.add(absolute);
    if (error === undefined) return { glob: false, paths: [{ absolute, shown: text }] };
    if (isGlob) {
      looked.add(absolute);
      const paths = await expandGlob(text, root);
      this.globs.set(text, paths);
      if (paths.length > 0)
        return {
          glob: true,
          paths: paths.map((path) => ({ absolute: resolve(root, path), shown: path })),
        };
      return missing(globBase(text, root), 'empty-glob', `No file matches "${text}"`);
    }
    const where = isInPackage || isAbsolute(text) ? '' : " below the project's root";
    return error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? missing(absolute, 'missing-file', `There is no file or folder "${text}"${where}`)
      : missing(absolute, 'unreadable', `"${text}" cannot be read: ${reasonOf(error)}`);
  }
}

/**
 * The path with each part that does not exist replaced by a name like it; undefined where a part
 * has no such name.
 */
function nearPath(text: string, root: string): string | undefined {
  const parts = text.split('/');
  const wanted = parts.findIndex((part) => globCharacters.test(part));
  const fixed = wanted === -1 ? parts : parts.slice(0, wanted);
  let folder = isAbsolute(text) ? '/' : root;
  const near = fixed.map((part) => {
    const name = existsSync(join(folder, part)) ? part : closest(part, visibleNames(folder), 1 / 2);
    folder = join(folder, name ?? part);
    return name;
  });
  if (near.includes(undefined)) return undefined;
  const path = [...near, ...parts.slice(fixed.length)].join('/');
  return path === text ? undefined : path;
}

/**
 * The names in a folder that a user may mean: the store is not read by path. None where the folder
 * cannot be read.
 */
function visibleNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !/^(\..*|cache|node_modules)$/.test(name));
  } catch {
    return [];
  }
}

function accessError(path: string): NodeJS.ErrnoException | undefined {
  try {
    accessSync(
      path,
      statSync(path).isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK,
    );
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
