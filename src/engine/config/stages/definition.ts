import type { SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import type { KnownKind } from '../load-context.ts';
import type { Params } from '../params/params.ts';
import type { Home, MapNode, Node, TextNode } from '../yaml/node.ts';

/** What belongs to one file, for itself and the stages in it. */
export interface FileScope extends Home {
  readonly params: Params;
  /** The parameters as they are written, with the values that the command line sets. */
  readonly written: Node | undefined;
  /** The parameters with values that axes of the command line set, by these. */
  readonly variants: Map<string, Params>;
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
  /** Axes whose values are those of the parameters of the same names. */
  readonly paramAxes?: readonly string[];
  /** The name of the included pipeline that leaves it out by its `when`. */
  readonly leftOutBy?: string;
}
