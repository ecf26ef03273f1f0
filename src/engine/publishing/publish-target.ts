import { lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { cutText } from '../../cut-text.ts';
import { type Digest, sha256 } from '../../digest.ts';
import { reasonOf, UserError } from '../../user-error.ts';
import { whyNoOutput } from '../config/reserved-paths.ts';

/** A path where nothing can be published, in the user's words. */
export class PublishError extends UserError {}

/** A published path. */
export interface Target {
  /** Relative to the root, POSIX, normalised, for records and messages. */
  readonly shown: string;
  /** The same with the links of its folders followed: where in the project it really lies. */
  readonly real: string;
  readonly path: string;
  readonly key: Digest;
}

/** Where folders really lie, by absolute path, for many targets that are resolved at once. */
export type RealFolders = Map<string, string>;

/**
 * The target at a path relative to the root. Throws a {@link PublishError} for one outside, or
 * below a file.
 */
export function resolveTarget(
  root: string,
  displayPath: string,
  folders: RealFolders = new Map(),
): Target {
  const normal = normalPath(displayPath);
  if (
    isAbsolute(displayPath) ||
    normal === '.' ||
    normal.split('/')[0] === '..' ||
    normal.includes('\0')
  ) {
    throw new PublishError(
      `${displayPath} is not a path inside the project, so nothing can be published there`,
    );
  }
  const path = join(root, normal);
  const folder = dirname(path);
  const realFolder = folders.get(folder) ?? realFolderOf(root, folder, normal);
  folders.set(folder, realFolder);
  const real = normalPath(join(realFolder, basename(path)));
  return { shown: normal, real, path, key: sha256(normal) };
}

/** The target of an output: throws a {@link PublishError} also where a pipeline may not publish. */
export function outputTarget(root: string, displayPath: string): Target {
  const target = resolveTarget(root, displayPath);
  const reason = whyNoOutput(target.shown) ?? whyNoOutput(target.real);
  if (reason !== undefined) throw new PublishError(`${displayPath} ${reason}; choose another path`);
  return target;
}

/** The key of a path relative to the root, by its text alone. */
export const targetKey = (displayPath: string): Digest => sha256(normalPath(displayPath));

const normalPath = (displayPath: string): string =>
  normalize(displayPath).split(sep).join('/').replace(/\/$/, '');

/** Where a folder for outputs really lies, relative to the root. */
function realFolderOf(root: string, path: string, displayPath: string): string {
  let folder = path;
  while (!exists(folder, displayPath)) folder = dirname(folder);
  if (folder.length < root.length)
    throw new PublishError(`The project's folder ${root} does not exist`);
  if (!isFolder(folder)) {
    const what = `${relative(root, folder)} is not a folder`;
    throw new PublishError(`${what}, so ${displayPath} cannot be published below it; move it away`);
  }
  const real = realpathSync.native(folder);
  const inside = relative(realpathSync.native(root), real);
  if (inside.split(sep)[0] === '..' || isAbsolute(inside)) {
    throw new PublishError(
      `${displayPath} leads out of the project: ${relative(root, folder)} is a link to ${real}`,
    );
  }
  return join(inside, relative(folder, path));
}

/** False also for a link that leads nowhere, or to itself. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Whether something is at a path; false below a file. Throws a {@link PublishError} for a path that
 * no disk has.
 */
function exists(path: string, displayPath: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return false;
    if (code === 'ENAMETOOLONG')
      throw new PublishError(`${cutText(displayPath, 80)} cannot be published: ${reasonOf(error)}`);
    throw error;
  }
}
