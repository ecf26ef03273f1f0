import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, UserError } from '../../user-error.ts';

/** A failed write: what, why, and what to do, in full sentences. */
export class WriteError extends UserError {}

/**
 * The error of a failed write of `what`, in the user's words; an error that is not a system call's
 * is returned as it is.
 */
export function writeError(what: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
  return new WriteError(
    `Cannot write ${what}: ${reason(obstacle(cause as NodeJS.ErrnoException))}`,
    { cause },
  );
}

/**
 * The same for work that reads as well: only a full or read-only disk tells that it was a write
 * that failed.
 */
export function diskError(cause: unknown): unknown {
  // Anything can be thrown.
  const { code = '', path = 'its files' } = (cause ?? {}) as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(code) ? writeError(path, cause) : cause;
}

/** Runs `write`, and throws its failures as the {@link writeError} of `what`. */
export function writing<T>(what: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeError(what, error);
  }
}

/**
 * Whether a write failed because nothing may be written there; `error` is the system's error or a
 * {@link WriteError}.
 */
export function isReadOnly(error: unknown): boolean {
  const { code } = (error instanceof WriteError ? error.cause : error) as NodeJS.ErrnoException;
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
}

/**
 * The real error of Node's recursive mkdir, which calls a folder missing if the one above it cannot
 * be written.
 */
function obstacle(cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== 'ENOENT' || cause.syscall !== 'mkdir' || cause.path === undefined)
    return cause;
  let folder = cause.path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return cause;
  } catch (error) {
    return error;
  }
}

/** `--keep 1h`, since without it gc keeps all results of the last 30 days. */
const freeing =
  'Free some space and run again; nothing is lost. `restage gc --yes --keep 1h` removes earlier results and what killed runs left.';

const denied = 'permission denied. Make the folder writable for this user and run again.';
const inTheWay = 'a file is in the way of a folder. Move it away and run again.';
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full. ${freeing}`,
  EDQUOT: `your disk quota is used up. ${freeing}`,
  EROFS: 'the disk is read-only. Mount it for writing, or run in a copy of the project.',
  EACCES: denied,
  EPERM: denied,
  ENOTDIR: inTheWay,
  EEXIST: inTheWay,
};

function reason(cause: unknown): string {
  const { code = '', syscall } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall === 'open')
    return 'its folder does not exist. Make it, or choose another place.';
  if (code === 'ENOENT' && syscall === 'mkdir')
    return 'no folder can be created there. Choose another place.';
  return reasons[code] ?? `${reasonOf(cause)}.`;
}
