import type { CodeQuestion, KindSpec } from '../../stage.ts';
import type { Mistake, Reporting, SourceFile } from '../diagnostics/diagnostic.ts';
import type { DescribedChange, ProgramCode } from './pipeline.ts';

export interface KnownKind {
  readonly spec: KindSpec;
  /**
   * Part of the fingerprint: a built-in kind's version, or the digest of the code of a project's
   * own.
   */
  readonly version: number | string;
  /** Absolute paths of the code of a project's own kind. */
  readonly files: readonly string[];
  /** Absolute paths that decided which code it is, absent ones among them. */
  readonly looked: readonly string[];
}

/** Why a kind with a folder in the project could not be loaded, and what to do. */
export type UnloadedKind = Mistake;

export type Kinds = ReadonlyMap<string, KnownKind>;

/** Finds the code behind a kind's program. Throws a `StageError`. */
export type FindCode = (spec: KindSpec, question: CodeQuestion) => Promise<ProgramCode>;

/** What looking up packages of the project needs, and leaves. */
export interface PackageLookup {
  readonly root: string;
  /** Absolute paths where something new would take precedence over what was found. */
  readonly looked: Set<string>;
}

/** What all steps of loading share. */
export interface LoadContext extends Reporting, PackageLookup {
  readonly kinds: Kinds;
  readonly unloaded: ReadonlyMap<string, UnloadedKind>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The environment variables that stages asked for, null where one is unset. */
  readonly askedEnv: Map<string, string | null>;
  readonly files: Map<string, SourceFile>;
  /**
   * Prefixes of included pipelines that could not be read, such as `sn/`. Naming a stage below one
   * is no further mistake.
   */
  readonly unread: Set<string>;
  /** The files that parameters chose, for a plan. */
  readonly chosen: DescribedChange[];
  /** Absent where nobody needs the code of programs. */
  readonly findCode?: FindCode | undefined;
  /** The code of programs that was found, by kind, program, settings and environment. */
  readonly codes: Map<string, ProgramCode>;
}

/** Whether a stage, by its whole name, belongs to an included pipeline that could not be read. */
export const isUnread = ({ unread }: LoadContext, name: string): boolean =>
  [...unread].some((prefix) => name.startsWith(prefix));
