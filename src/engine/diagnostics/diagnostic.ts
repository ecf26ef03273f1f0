/** A stretch of a source file, in UTF-16 offsets: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Of a value that was put in for a `${…}` here: where it is written. */
  readonly from?: Span;
}

/** A text that diagnostics point into; `path` is as the user would type it (relative to the root, POSIX). */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One mistake of the user, as data: what was expected, what was got, where, what to do. */
export interface Diagnostic {
  /** Stable and greppable, such as `unknown-key`, `cycle`, `missing-file`. */
  readonly code: string;
  readonly message: string;
  /** Where in the user's file; absent only for mistakes outside any file (a missing file argument). */
  readonly at?: Span;
  /** A further place that explains the first, such as the other stage that claims an output. */
  readonly related?: readonly { readonly message: string; readonly at: Span }[];
  /** What to do, a full sentence: `Did you mean "dataset"?` */
  readonly hint?: string;
}
