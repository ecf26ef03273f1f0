import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { type PublishedFile, StageError } from '../../stage.ts';
import { packageFolders } from '../config/find-package.ts';
import { checksumOf, digestOf } from './checksum.ts';

/** Whether a file is in an npm package that the user installs: `npm:package@version/path`. */
export const isInPackage = ({ url }: PublishedFile): boolean => url.startsWith('npm:');

/**
 * The path of a file in an installed package, which is verified where it lies. Throws a
 * {@link StageError} that says what to install.
 */
export async function packageFile(published: PublishedFile, root: string): Promise<string> {
  const { url } = published;
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
  const checksum = checksumOf(published);
  const got = await digestOf(file, checksum);
  if (got === checksum.digest) return file;
  const { algorithm, digest } = checksum;
  throw new StageError(
    `Expected ${algorithm} ${digest} of ${file}, got ${got}: it is another version, or damaged. ${install}.`,
  );
}
