import type { SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import type { KnownKind } from '../load-context.ts';
import type { Params } from '../params/params.ts';
import type { Home, MapNode, TextNode } from '../yaml/node.ts';

/** What belongs to one file, for itself and the stages in it. */
export interface FileScope extends Home {
  readonly params: Params;
  /** The file itself, not one that it extends. */
  readonly file: SourceFile;
  /** Names of parameters that the command line or the including file sets. */
  readonly set: ReadonlySet<string>;
}

/** A stage as it is written, before its matrix makes one or more instances of it. */
export interface Definition {
  /** With the prefix of its file: `sn/fit`. */
  readonly name: string;
  readonly scope: FileScope;
  readonly node: MapNode;
  readonly at: Span;
  /** Absent for a missing or unknown kind, which is reported. */
  readonly kind?: KnownKind;
  /** Stages that the including file makes it wait for, beside its own `after`. */
  readonly after: readonly TextNode[];
  /** The name of the included pipeline that leaves it out by its `when`. */
  readonly leftOutBy?: string;
}
