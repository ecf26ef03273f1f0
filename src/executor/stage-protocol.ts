import type { JsonObject } from '../json.ts';
import type { CurvePoint, Highlight, InputArtifact, Progress } from '../stage.ts';

/** What a stage's process is told to do: everything that its context is made of. */
export interface StageRequest {
  readonly kind: string;
  /** The built file of a project's own kind; absent for a built-in one. */
  readonly module?: string;
  readonly settings: JsonObject;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** Private absolute paths by port. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly backend: string;
  /** Where the stage's checkpoint is or will be; absent where it keeps none. */
  readonly checkpoint?: string;
  readonly scratch: string;
  readonly root: string;
}

/** What a stage's process says; the last is `done` or `failed`. */
export type StageMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'point'; readonly point: CurvePoint }
  | { readonly type: 'notice'; readonly line: string }
  | { readonly type: 'warning'; readonly line: string }
  | { readonly type: 'highlight'; readonly table: Highlight }
  | { readonly type: 'note'; readonly name: string; readonly value: string | number }
  | { readonly type: 'done' }
  /** `stack` only for a bug: a user's mistake has none. */
  | { readonly type: 'failed'; readonly message: string; readonly stack?: string };
