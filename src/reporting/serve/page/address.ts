/** The state of a view is its address, so that a reload, a link and the way back show the same. */
export const queryValue = (name: string): string =>
  new URLSearchParams(location.search).get(name) ?? '';

type Values = Readonly<Record<string, string>>;

/** The address with these values; empty ones are left out. */
function addressWith(values: Values): string {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return `${location.pathname}${text === '' ? '' : `?${text}`}${location.hash}`;
}

/** Puts values into the address, in the same entry of the browser's history: while one types. */
export function ask(values: Values): void {
  history.replaceState(history.state, '', addressWith(values));
}

/** What the history knows of an entry that a view has made. */
interface EntryState {
  /** Whether the entry before it is the same view without these values. */
  readonly opened?: boolean;
}

/**
 * Puts values into the address as a new entry of the history, so that Back undoes this step.
 * Values that are there already make none.
 */
export function askAnew(values: Values, state: EntryState = {}): void {
  const address = addressWith(values);
  if (address === `${location.pathname}${location.search}${location.hash}`) return;
  history.pushState(state, '', address);
}

/** Whether Back leads from this entry to the view from which something was opened. */
export const wasOpenedHere = (): boolean => (history.state as EntryState | null)?.opened === true;
