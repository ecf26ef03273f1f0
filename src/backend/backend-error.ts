/** A backend that does not start here, in words for who asked for it: what was looked for, what was found, what to do. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}

/** What an error says first, as a sentence: drivers go on for pages. */
export function firstLine(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = (said.trim().split('\n')[0] ?? '').trimEnd().replace(/[:,;]$/, '');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
