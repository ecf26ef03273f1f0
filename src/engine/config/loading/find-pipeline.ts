import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join, posix, relative, resolve } from 'node:path';
import { err, ok, type Result } from '../../../result.ts';
import { closest, suggest } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Diagnostic, Mistake } from '../../diagnostics/diagnostic.ts';
import { upwards } from '../../files/upwards.ts';
import { findShipped } from '../find-package.ts';

// A command that is answered from memory loads this file, which therefore loads no YAML.

const extensions = ['', '.yaml', '.yml'];

/** The project's root: the nearest folder upward that holds a folder `pipelines`. */
export function findRoot(from: string): string | undefined {
  const isRoot = (folder: string) =>
    statSync(join(folder, 'pipelines'), { throwIfNoEntry: false })?.isDirectory();
  return [...upwards(resolve(from))].find(isRoot);
}

/**
 * The absolute path of the file that an argument names: from the working directory, then below
 * `pipelines/`.
 */
export function findPipelineFile(
  argument: string,
  cwd: string,
  root: string,
): Result<string, Diagnostic> {
  const candidates = [cwd, join(root, 'pipelines')].flatMap((folder) =>
    extensions.map((extension) => resolve(folder, argument + extension)),
  );
  for (const path of argument === '' ? [] : candidates) {
    const entry = lookAt(path);
    if (entry === 'file') return ok(path);
    if (entry !== undefined)
      return err({ ...entry, message: `The pipeline "${argument}" ${entry.message}` });
  }
  return err(notFile(argument, candidates) ?? notFound(argument, root));
}

/** The mistake where an argument is written like a file, but what lies there is none. */
function notFile(argument: string, candidates: readonly string[]): Diagnostic | undefined {
  if (!/\.ya?ml$/.test(argument)) return undefined;
  const path = candidates.find(
    (candidate) => lstatSync(candidate, { throwIfNoEntry: false }) !== undefined,
  );
  if (path === undefined) return undefined;
  const what = lstatSync(path).isSymbolicLink()
    ? 'is a link that leads nowhere'
    : 'is a folder, not a file';
  const hint = `It lies at ${path}.`;
  return { code: 'not-a-file', message: `The pipeline "${argument}" ${what}`, hint };
}

/**
 * Whether a path is a file, or why it cannot be one; undefined for nothing and for a folder, beside
 * which a file may be.
 */
function lookAt(path: string): 'file' | Mistake | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) return undefined;
    return stats.isFile()
      ? 'file'
      : { code: 'not-a-file', message: 'is a pipe or a device, not a file' };
  } catch (error) {
    // No file can have such a path; the word may be the name of a stage.
    if (['ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    return { code: 'unreadable', message: `cannot be read: ${reasonOf(error)}` };
  }
}

function notFound(argument: string, root: string): Diagnostic {
  if (argument.includes('\ufffd')) {
    const hint = 'Rename the file, as `convmv` does.';
    return { code: 'not-text', message: `The name "${argument}" is not UTF-8 text`, hint };
  }
  const names = pipelineNames(root);
  const wanted = argument.replace(/^(\.\/)?pipelines\//, '');
  const bare = withoutExtension(wanted);
  // Without extensions: these would make `b.yaml` similar to `a.yaml`, and `fakes` unlike
  // `fake.yaml`.
  const near = closest(bare, names.map(withoutExtension));
  const elsewhere = names.filter((name) => basename(withoutExtension(name)) === basename(bare));
  const meant =
    elsewhere.length > 0 ? elsewhere : names.filter((name) => withoutExtension(name) === near);
  const shipped = findShipped(wanted);
  const hint =
    (shipped && `Restage ships it: write "extends: ${shipped}" into a file in pipelines/.`) ??
    (meant.length > 0
      ? `Did you mean ${meant.map((name) => `"${name}"`).join(' or ')}?`
      : suggest(wanted, names));
  const message = `There is no pipeline "${argument}", neither here nor below pipelines/`;
  return { code: 'missing-file', message, hint };
}

/**
 * Absolute path of the project's only pipeline, for commands without a file; undefined if there are
 * none or several.
 */
export function onlyPipelineFile(root: string): string | undefined {
  const names = pipelineNames(root);
  return names.length === 1 ? join(root, 'pipelines', names[0]!) : undefined;
}

/**
 * Every pipeline's file below `pipelines/`, relative to it, POSIX, in code-unit order; none where
 * that folder was removed meanwhile.
 */
export function pipelineNames(root: string): readonly string[] {
  const folder = join(root, 'pipelines');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => /\.ya?ml$/.test(entry.name) && !entry.isDirectory())
    .map((entry) => posix.join(relative(folder, entry.parentPath), entry.name))
    .sort();
}

const withoutExtension = (path: string) => path.replace(/\.ya?ml$/, '');
