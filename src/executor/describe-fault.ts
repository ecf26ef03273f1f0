/**
 * What stopped a stage, for its user. Our own errors of the user's or the system's making carry their sentence; anything
 * else is a bug of ours and says so, with its stack.
 */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return `Internal error: ${String(error)}`;
  const ofTheSystem = 'code' in error && 'syscall' in error;
  const told = ['StageFailure', 'StageError', 'ExamineError', 'CacheError', 'PublishError', 'ListingError'].includes(
    error.name,
  );
  return told || ofTheSystem ? error.message : `Internal error: ${error.stack ?? error.message}`;
}
