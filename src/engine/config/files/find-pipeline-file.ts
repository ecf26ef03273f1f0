import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { err, ok, type Result } from '../../../result.ts';
import { closest, suggest } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';

const extensions = ['', '.yaml', '.yml'];

/** The absolute path of the file that an argument names: from the working directory, then under `pipelines/`. */
export function findPipelineFile(argument: string, cwd: string, root: string): Result<string, Diagnostic> {
  const places = [cwd, join(root, 'pipelines')].flatMap((folder) =>
    extensions.map((extension) => resolve(folder, argument + extension)),
  );
  for (const path of argument === '' ? [] : places) {
    const found = lookAt(path);
    if (found === 'file') return ok(path);
    if (found !== undefined) return err({ ...found, message: `The pipeline "${argument}" ${found.message}` });
  }
  return err(notFound(argument, root));
}

/** What a path is: nothing or a folder, which may stand beside the file, are undefined; all else is no pipeline's file. */
function lookAt(path: string): 'file' | Pick<Diagnostic, 'code' | 'message'> | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) return undefined;
    return stats.isFile() ? 'file' : { code: 'not-a-file', message: 'is a pipe or a device, not a file' };
  } catch (error) {
    // Neither may be a file: the word may be a stage's name.
    if (['ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
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
  // Without the extensions, or those alone would bring `b.yaml` near to `a.yaml`, and `fakes` far from `fake.yaml`.
  const near = closest(bare, names.map(withoutExtension));
  const elsewhere = names.filter((name) => basename(withoutExtension(name)) === basename(bare));
  const meant = elsewhere.length > 0 ? elsewhere : names.filter((name) => withoutExtension(name) === near);
  const hint =
    meant.length > 0 ? `Did you mean ${meant.map((name) => `"${name}"`).join(' or ')}?` : suggest(wanted, names);
  const message = `There is no pipeline "${argument}", neither here nor below pipelines/`;
  return { code: 'missing-file', message, ...(hint ? { hint } : {}) };
}

/** The only pipeline's absolute path, which a command without a file means; undefined where there are none or several. */
export function onlyPipelineFile(root: string): string | undefined {
  const names = pipelineNames(root);
  return names.length === 1 ? join(root, 'pipelines', names[0]!) : undefined;
}

/** Every pipeline's file below `pipelines/`, relative to it, POSIX, in code-unit order. */
export function pipelineNames(root: string): readonly string[] {
  return readdirSync(join(root, 'pipelines'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ya?ml$/.test(path))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

const withoutExtension = (path: string) => path.replace(/\.ya?ml$/, '');
