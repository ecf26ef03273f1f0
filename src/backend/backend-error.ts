/** A backend that does not start here, in words for who asked for it: what was looked for, what was found, what to do. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}
