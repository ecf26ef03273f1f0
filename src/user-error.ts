/**
 * An error that the user or the machine must fix, never a bug. Its message is a full sentence and
 * needs no stack trace.
 */
export class UserError extends Error {
  /** Errors are told apart by their class, in tests as well. */
  override readonly name: string = this.constructor.name;
}

/** A mistake in the words or options of a command. Its message has no full stop. */
export class UsageError extends UserError {}

/** Whether an error is for the user, so that its message suffices; any other error is a bug. */
export function isForUser(error: unknown): error is Error {
  return error instanceof UserError || isSystemError(error);
}

/**
 * An error as text: a sentence for the user, or `Internal error: …` with the stack trace for a bug.
 */
export function describeError(error: unknown): string {
  if (isSystemError(error)) return describeSystemError(error);
  if (error instanceof UserError) return error.message;
  return `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/**
 * Whether an error comes from the operating system: the user or the machine must fix it, and it is
 * never a bug.
 */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

const tooManyFiles =
  'too many files are open; raise the limit (`ulimit -n 1024`) or use fewer `--jobs`';

const reasons: Readonly<Partial<Record<string, string>>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link that leads back to itself',
  ENAMETOOLONG: 'its name or its path is too long; a name has at most 255 bytes',
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/**
 * Why something failed, as the end of a sentence without its full stop; for a system call, in plain
 * words.
 */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (isSystemError(error) && reasons[error.code ?? '']) || message;
}

/** Whether a system call failed for lack of file descriptors. */
export function isTooManyFiles(error: unknown): error is NodeJS.ErrnoException {
  return isSystemError(error) && reasons[error.code ?? ''] === tooManyFiles;
}

/** The error of a system call as a sentence with its path, if it has one. */
export function describeSystemError(error: NodeJS.ErrnoException): string {
  if (error.syscall === 'uv_cwd')
    return 'The folder in which this command runs was removed: change to another one.';
  const reason = reasonOf(error);
  if (reason === tooManyFiles) return `${reason[0]!.toUpperCase()}${reason.slice(1)}.`;
  return error.path === undefined || reason === error.message
    ? error.message
    : `${error.path}: ${reason}.`;
}
