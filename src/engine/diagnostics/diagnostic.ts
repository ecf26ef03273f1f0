import type { DiagnosticCode } from './codes.ts';

/** A stretch of a source file, in UTF-16 offsets: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** The span of a value that replaced a `${…}` here. */
  readonly from?: Span;
}

/**
 * A text in which diagnostics have spans; `path` is as the user would type it (relative to the
 * root, POSIX).
 */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The line and column of an offset as editors count them: both from 1, columns in UTF-16 units. */
export function lineColumn(
  { text }: SourceFile,
  offset: number,
): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** What is wrong, and what to do. */
export interface Explanation {
  readonly message: string;
  /** What to do, as a full sentence: `Did you mean "dataset"?` */
  readonly hint?: string | undefined;
}

/** A mistake before its span is known. */
export interface Mistake extends Explanation {
  readonly code: DiagnosticCode;
}

/** One mistake of the user, as data: what was expected, what was found, where, and what to do. */
export interface Diagnostic extends Mistake {
  /** Absent only for mistakes outside any file, such as a missing file argument. */
  readonly at?: Span;
  /** Further spans that explain the first, such as the other stage that claims an output. */
  readonly related?: readonly { readonly message: string; readonly at: Span }[];
}

/**
 * Takes a mistake and returns undefined. The caller continues with what is right, so that all
 * mistakes are shown at once.
 */
export type Report = (diagnostic: Diagnostic) => undefined;

/** What may find mistakes. */
export interface Reporting {
  readonly report: Report;
}

/**
 * Collects diagnostics, each once: all instances of a matrix report the mistake of their
 * definition.
 */
export class DiagnosticList {
  readonly #byKey = new Map<string, Diagnostic>();

  readonly add: Report = (diagnostic) => {
    const { code, message, at } = diagnostic;
    const key = JSON.stringify([code, message, at?.file.path, at?.start]);
    if (!this.#byKey.has(key)) this.#byKey.set(key, diagnostic);
  };

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** File by file, from top to bottom; files in the order of their first diagnostic. */
  inOrder(): readonly Diagnostic[] {
    const all = [...this.#byKey.values()];
    const files = new Set(all.map(({ at }) => at?.file));
    const startOf = ({ at }: Diagnostic) => at?.start ?? 0;
    return [...files].flatMap((file) =>
      all.filter(({ at }) => at?.file === file).sort((a, b) => startOf(a) - startOf(b)),
    );
  }
}
