import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { type PublishedFile, StageError } from '../../stage.ts';
import { packageFolders } from '../config/find-package.ts';
import { md5Of } from './download.ts';

/** Whether a file is in an npm package that the user installs: `npm:package@version/path`. */
export const isInPackage = ({ url }: PublishedFile): boolean => url.startsWith('npm:');

/**
 * The path of a file in an installed package, which is verified where it lies. Throws a
 * {@link StageError} that says what to install.
 */
export async function packageFile({ url, md5 }: PublishedFile, root: string): Promise<string> {
  const [, name = '', version = '', path = ''] = /^npm:(.+?)@([^/]+)\/(.+)$/.exec(url) ?? [];
  const folders = [root, packageRoot].flatMap((folder) => packageFolders(name, folder));
  const folder = folders.find((candidate) => existsSync(join(candidate, path)));
  const install = `npm install ${name}@${version}`;
  if (folder === undefined) {
    throw new StageError(
      `Expected the optional package ${name} beside the project, which is not installed: ${install}.`,
    );
  }
  const file = join(folder, path);
  const got = await md5Of(file);
  if (got === md5) return file;
  throw new StageError(
    `Expected md5 ${md5} of ${file}, got ${got}: it is another version, or damaged. ${install}.`,
  );
}
