import type { SourceFile, Span } from '../diagnostics/diagnostic.ts';
import type { KnownKind } from './load-context.ts';
import type { Params } from './params/params.ts';
import type { Home, MapNode, Node } from './yaml/located.ts';

/** What stages, ports, axes and included pipelines may be called: no character that means something in a reference. */
export const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

/** What a stage of one file can name: the file's parameters, and stages below the file's prefix. */
export interface FileScope extends Home {
  readonly params: Params;
  /** The file itself, not one that it extends. */
  readonly file: SourceFile;
  /** Parameters that the command line sets, or the file that includes this one. */
  readonly set: ReadonlySet<string>;
}

/** A stage as it is written: before its matrix makes one or more instances of it. */
export interface Definition {
  /** With the prefix of its file: `sn/fit`. */
  readonly name: string;
  readonly scope: FileScope;
  readonly node: MapNode;
  /** Where the stage's key stands. */
  readonly at: Span;
  /** Absent where the file names none or an unknown one, which is reported. */
  readonly kind?: KnownKind;
  /** Names of stages that it waits for as one of an included pipeline, beside those that it waits for itself. */
  readonly after: readonly Node[];
}
