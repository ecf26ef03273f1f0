/**
 * A backend does not start here. The message says what was looked for, what was found, and what to
 * do.
 */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The first line of an error, as a sentence: messages of drivers can be pages long. */
export function firstLine(error: unknown): string {
  const [first = ''] = messageOf(error).trim().split('\n');
  const line = first.trimEnd().replace(/[:,;]$/, '');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
