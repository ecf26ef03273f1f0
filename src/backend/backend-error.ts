/** A backend does not start here. The message says what was looked for, what was found, and what to do. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}

/** The first line of an error, as a sentence: messages of drivers can be pages long. */
export function firstLine(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = (said.trim().split('\n')[0] ?? '').trimEnd().replace(/[:,;]$/, '');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
