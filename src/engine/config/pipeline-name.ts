import { statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const extensions = ['.yaml', '.yml', ''];

/** A pipeline's name: its path without extension, below `pipelines/` (`a/b`) or from the root (`./a`, `../x/a`). */
export function pipelineName(absolute: string, root: string): string {
  const below = relative(join(root, 'pipelines'), absolute).split(sep);
  const fromRoot = relative(root, absolute).split(sep).join('/');
  const outside = fromRoot.startsWith('../') ? fromRoot : `./${fromRoot}`;
  return (below[0] === '..' ? outside : below.join('/')).replace(/\.ya?ml$/, '');
}

/** The files that a name means, absolute: a pipeline lives while it has one; two where only the extensions differ. */
export function filesOfPipeline(name: string, root: string): readonly string[] {
  const path = /^\.\.?\//.test(name) ? resolve(root, name) : join(root, 'pipelines', name);
  return extensions.map((extension) => path + extension).filter(mayBeFile);
}

/** What cannot be looked at may be there: nothing of its pipeline is given up. */
function mayBeFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

/** Where a pipeline publishes by default, relative to the root: `./xception` goes to `artifacts/@/xception`. */
export function publishedFolder(name: string): string {
  return `artifacts/${name.replace(/^(\.\.?\/)+/, (dots) => dots.replaceAll('.', '@'))}`;
}

/** Where the page of a pipeline's last run is, relative to the root: no stage's output. */
export const reportPath = (name: string): string => `${publishedFolder(name)}/report.html`;
