import type { Diagnostic, SourceFile } from '../diagnostics/diagnostic.ts';
import type { InputPort, KindSpec } from '../stage.ts';

/**
 * A spec of any settings. What its schema gives is only ever handed back to the same spec, so the type of the settings
 * need not be known here.
 */
export interface AnyKindSpec extends Omit<KindSpec<never>, 'settings'> {
  readonly settings: KindSpec['settings'];
  readonly inputs: Readonly<Record<string, InputPort<never>>>;
}

/** A kind as the pipeline's file may name it. */
export interface KnownKind {
  readonly spec: AnyKindSpec;
  /** What is keyed: a built-in kind's version, or the digest of the code of a project's own. */
  readonly version: number | string;
  /** Absolute paths of the code of a project's own kind. */
  readonly sources: readonly string[];
}

export type Kinds = ReadonlyMap<string, KnownKind>;

/** What loading one pipeline shares between its steps. */
export interface LoadContext {
  /** Absolute path of the folder that holds `pipelines/`. */
  readonly root: string;
  readonly kinds: Kinds;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every mistake goes here, so that all are told at once; the step goes on with what is right. */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Every YAML file read, by absolute path. */
  readonly files: Map<string, SourceFile>;
}
