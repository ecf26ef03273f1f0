import { describeSystemError, isSystemError, UserError } from '../../user-error.ts';

/** Whether an error is the user's or the system's, so that its message says it all; anything else is a bug of ours. */
export function isTold(error: unknown): error is Error {
  return error instanceof UserError || isSystemError(error);
}

/** What stopped a stage, for its user. A bug says that it is one, with its stack. */
export function describeFault(error: unknown): string {
  if (isTold(error)) return isSystemError(error) ? describeSystemError(error) : error.message;
  return `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
