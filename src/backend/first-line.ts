/** What an error says first, as a sentence: drivers go on for pages. */
export function firstLine(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = (said.trim().split('\n')[0] ?? '').trimEnd().replace(/[:,;]$/, '');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
