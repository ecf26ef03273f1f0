import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { reasonOf } from '../../../user-error.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import { expandGlob } from './expand-glob.ts';
import { findInPackage } from './package-folders.ts';

/** Files or folders that an input names. */
export interface FoundPath {
  readonly absolute: string;
  readonly shown: string;
}

/** What a path or glob of an input gave. */
export type PathAnswer =
  | { readonly ok: true; readonly glob: boolean; readonly paths: readonly FoundPath[] }
  /** `base` is the path, or a glob's folder: a stage's output may come to be there. */
  | ({ readonly ok: false; readonly base: string } & MissingPath);

/** Why there is nothing to read at a path. */
interface MissingPath {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const globCharacters = /[*?[\]{}!()]/;

/** A shell puts the home folder in its place, but only at the beginning of a word: not in `--set params.images=~/faces`. */
const homeHint = '"~" is not expanded here: write the whole path, or on a command line $HOME.';

/** Looks up the paths of inputs, each text once. */
export class InputPaths {
  readonly globs = new Map<string, readonly string[]>();
  readonly #context: LoadContext;
  readonly #known = new Map<string, PathAnswer>();

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** A text that exists is a path even if it looks like a glob. */
  async find(text: string): Promise<PathAnswer> {
    const known = this.#known.get(text);
    if (known) return known;
    const looked = await this.#look(text);
    const answer = looked.ok || !/^~(\/|$)/.test(text) ? looked : { ...looked, hint: homeHint };
    this.#known.set(text, answer);
    return answer;
  }

  async #look(text: string): Promise<PathAnswer> {
    const absolute = this.#locate(text);
    if (absolute === undefined) {
      return { ok: false, base: text, code: 'missing-file', message: `No package of "${text}" is installed` };
    }
    const error = accessError(absolute);
    if (error === undefined) return { ok: true, glob: false, paths: [{ absolute, shown: text }] };
    const { code } = error;
    if (code === 'ENOENT' && globCharacters.test(text) && !text.startsWith('npm:')) {
      this.#context.looked.add(absolute);
      return this.#glob(text);
    }
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { ok: false, base: absolute, code: 'missing-file', message: `There is no file or folder "${text}"` }
      : { ok: false, base: absolute, code: 'unreadable', message: `"${text}" cannot be read: ${reasonOf(error)}` };
  }

  #locate(text: string): string | undefined {
    const { root, looked } = this.#context;
    return text.startsWith('npm:') ? findInPackage(text, root, looked) : resolve(root, text);
  }

  async #glob(pattern: string): Promise<PathAnswer> {
    const { root } = this.#context;
    const paths = await expandGlob(pattern, root);
    this.globs.set(pattern, paths);
    const base = resolve(root, pattern.slice(0, pattern.search(globCharacters)).replace(/[^/]*$/, ''));
    if (paths.length === 0) {
      return { ok: false, base, code: 'empty-glob', message: `No file matches "${pattern}"` };
    }
    return { ok: true, glob: true, paths: paths.map((path) => ({ absolute: resolve(root, path), shown: path })) };
  }
}

function accessError(path: string): NodeJS.ErrnoException | undefined {
  try {
    accessSync(path, statSync(path).isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** A path input and where it is written, to be held against the outputs of stages. */
export interface PathClaim {
  readonly absolute: string;
  readonly shown: string;
  readonly at: Span;
  /** What to say when no stage makes it; absent where it exists. */
  readonly missing?: MissingPath;
}
