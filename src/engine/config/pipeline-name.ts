import { statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const extensions = ['.yaml', '.yml', ''];

/**
 * A pipeline's name: its path without extension, below `pipelines/` (`a/b`) or from the root
 * (`./a`, `../x/a`).
 */
export function pipelineName(absolute: string, root: string): string {
  const below = relative(join(root, 'pipelines'), absolute).split(sep);
  const fromRoot = relative(root, absolute).split(sep).join('/');
  const outside = fromRoot.startsWith('../') ? fromRoot : `./${fromRoot}`;
  return (below[0] === '..' ? outside : below.join('/')).replace(/\.ya?ml$/, '');
}

/**
 * Absolute paths of the files that a name means: none if the pipeline is gone, two if only their
 * extensions differ.
 */
export function filesOfPipeline(name: string, root: string): readonly string[] {
  const path = /^\.\.?\//.test(name) ? resolve(root, name) : join(root, 'pipelines', name);
  return extensions.map((extension) => path + extension).filter(mayBeFile);
}

/**
 * A path that cannot be looked at counts as a file, so that nothing of its pipeline is given up.
 */
function mayBeFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
