/**
 * The return value of a function that the user's input can make fail: a value, or the reasons as
 * data. Bugs throw.
 */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
});

/** The end of a switch over a closed union: the compiler proves that nothing gets here. */
export function unreachable(value: never): never {
  throw new Error(`Internal error: unexpected case ${JSON.stringify(value)}`);
}
