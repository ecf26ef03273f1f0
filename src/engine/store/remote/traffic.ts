/** Bytes that came from the shared store and went there in a run so far. */
export interface Traffic {
  readonly fetched: number;
  readonly sent: number;
}
