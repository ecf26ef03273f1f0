/** Whether the pages of this server may write. */
export const isWritable = (): boolean => document.documentElement.dataset['writable'] !== undefined;

/** Sends data to the server. Returns why it was not taken; undefined where it was. */
export async function post(path: string, body: object): Promise<string | undefined> {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  if (answer === undefined) return 'The server does not answer.';
  if (answer.ok) return undefined;
  const text = await answer.text();
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text;
  }
}
