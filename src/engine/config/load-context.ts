import type { AnyKindSpec } from '../../stage.ts';
import type { Diagnostic, SourceFile } from '../diagnostics/diagnostic.ts';
import type { Environment } from './environment.ts';

/** A kind as the pipeline's file may name it. */
export interface KnownKind {
  readonly spec: AnyKindSpec;
  /** What is keyed: a built-in kind's version, or the digest of the code of a project's own. */
  readonly version: number | string;
  /** Absolute paths of the code of a project's own kind. */
  readonly files: readonly string[];
  /** Absolute paths that decided which code it is, absent ones among them. */
  readonly looked: readonly string[];
}

/** Why a kind is not there that the project has a folder of, and what to do. */
export type UnloadedKind = Pick<Diagnostic, 'code' | 'message' | 'hint'>;

export type Kinds = ReadonlyMap<string, KnownKind>;

/** What loading one pipeline shares between its steps. */
export interface LoadContext {
  /** Absolute path of the folder that holds `pipelines/`. */
  readonly root: string;
  readonly kinds: Kinds;
  readonly unloaded: ReadonlyMap<string, UnloadedKind>;
  readonly env: Environment;
  /** Every mistake goes here, so that all are told at once; the step goes on with what is right. */
  readonly report: (diagnostic: Diagnostic) => void;
  /** Every YAML file read, by absolute path. */
  readonly files: Map<string, SourceFile>;
  /** Absolute paths where something new would take precedence over what was found. */
  readonly looked: Set<string>;
}
