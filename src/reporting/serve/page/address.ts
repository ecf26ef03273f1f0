/** The state of a view is its address, so that a reload, a link and the way back show the same. */
export const queryValue = (name: string): string =>
  new URLSearchParams(location.search).get(name) ?? '';

/**
 * Puts values into the address; empty ones are left out. The browser's history gets no new entry.
 */
export function ask(values: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(
    null,
    '',
    `${location.pathname}${text === '' ? '' : `?${text}`}${location.hash}`,
  );
}
