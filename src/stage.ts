import type { z } from 'zod';
import type { Json } from './json.ts';
import { UserError } from './user-error.ts';

/** What flows through a port. */
export const artifactTypes = [
  'dataset',
  'features',
  'model',
  'history',
  'scores',
  'metrics',
  'chart',
  'images',
  'table',
  'files',
] as const;
export type ArtifactType = (typeof artifactTypes)[number];

/** A named input of a kind. */
export interface InputPort<S = unknown> {
  /** What it takes; `'any'` takes every type. A path from the YAML is accepted whatever the type. */
  readonly type: ArtifactType | readonly ArtifactType[] | 'any';
  readonly summary: string;
  readonly optional?: true;
  /** Takes a list: every matrix instance that agrees with the reader's axes, in order, each with its labels. */
  readonly list?: true;
  /**
   * A single port is told the axis values of the instance that it reads, as labels, and a list port those that its stage
   * fixes beside those that tell its items apart: for titles. They are keyed.
   */
  readonly labelled?: true;
  /** The named parts that the stage reads, by its settings; absent or undefined: all. Only these are keyed. */
  parts?(settings: S): readonly string[] | undefined;
}

/** A named output of a kind. */
export interface OutputPort {
  readonly type: ArtifactType;
  readonly summary: string;
  /** The file's extension, such as `.csv`, where the output is one file; absent: a folder. */
  readonly extension?: `.${string}`;
  /** The setting that asks for it: there is such a port only where that is written as `true`. Absent: always. */
  readonly when?: string;
}

/**
 * What a stage does: its settings and ports. Light: importing a spec loads zod and nothing heavier.
 * `S` is the parsed settings, defaults worked in; they are JSON.
 */
export interface KindSpec<S = unknown> {
  readonly name: string;
  /** Raised when the kind's results change: it is part of the fingerprint. */
  readonly version: number;
  readonly summary: string;
  readonly settings: z.ZodType<S>;
  readonly inputs: Readonly<Record<string, InputPort<S>>>;
  readonly outputs: Readonly<Record<string, OutputPort>>;
  /** Any further input, or input and output (`true`), may be declared in the YAML, as for `command`. */
  readonly openPorts?: true | 'inputs';
  /**
   * Settings that are shell text: `${params.z}` and `${matrix.z}` in them are quoted as their place in it needs, `${inputs.x}`,
   * `${inputs.x.list}` and `${outputs.y}` must name declared ports and are left for run time, every other `$` is the shell's.
   */
  readonly shell?: readonly string[];
  /**
   * Settings that name axes, each with the list ports whose items have them: `{ over: ['metrics'] }`. They are checked when
   * the file is read.
   */
  readonly axes?: Readonly<Record<string, readonly string[]>>;
  /** Whether it computes with tfjs, so that a backend named by the user is part of its fingerprint. */
  readonly computes?: true;
  /**
   * Keeps checkpoints ({@link StageContext.checkpoints}), which serve whatever these settings are: those that say how far
   * the work goes, not how. Absent: it keeps none.
   */
  readonly checkpointsWithout?: readonly string[];
  /** Mistakes that only settings and connected inputs together show; `at` is a path into `with`. */
  check?(settings: S, inputs: ReadonlySet<string>): readonly SettingMistake[];
  /** A YAML example of one stage, for `restage kinds <kind>`. */
  readonly example: string;
}

/** What is wrong with settings that their schema takes. */
export interface SettingMistake {
  /** A path into `with`. */
  readonly at: readonly PropertyKey[];
  readonly message: string;
  /** The name that it is about, where that is none of those known, so that the nearest is suggested. */
  readonly unknown?: { readonly name: string; readonly known: readonly string[] };
}

/**
 * A spec of any settings, as tables hold it. What its schema gives is only ever handed back to the same spec, so the type
 * of the settings need not be known.
 */
export interface AnyKindSpec extends Omit<KindSpec<never>, 'settings'> {
  readonly settings: z.ZodType;
}

/** Types a spec by inference: `export const spec = defineKind({ … })`. */
export function defineKind<S>(spec: KindSpec<S>): KindSpec<S> {
  return spec;
}

/** An artifact as a stage reads it. */
export interface InputArtifact {
  /**
   * Absolute path of the file or folder, only to be read. It lies in a private folder of the stage, named after the port, or
   * in a list after what is keyed of the item; of the user's files it is a symbolic link.
   */
  readonly path: string;
  /** The matrix values (or stage name) that tell the items of a list port apart, or those of a `labelled` port; empty for others. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A small table that a stage wants shown at the end of a run, such as accuracies; cells are shown as written. */
export interface Highlight {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A file that others publish and that never changes: its checksum is part of what it is. */
export interface PublishedFile {
  readonly url: string;
  /** In hexadecimal, as its publisher gives it. */
  readonly md5: string;
}

/** How far a stage is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted, in the plural: `images`, `steps`. */
  readonly unit: string;
  /** What is being done now: `epoch 2/5, loss 0.412`. */
  readonly note?: string;
  /** Units a second, and seconds left, where the stage knows better than the pace so far tells. */
  readonly rate?: number;
  readonly secondsLeft?: number;
}

/** Where the curves that a running stage follows have come to, such as loss and accuracy at the end of an epoch. */
export interface CurvePoint {
  /** What is counted, in the singular: `epoch`. */
  readonly unit: string;
  /** From 1, each greater than the last. */
  readonly step: number;
  readonly total?: number;
  /** By the name of the curve, such as `val accuracy`. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a stage has worked out so far, from which another attempt can go on. */
export interface Checkpoint {
  readonly state: Json;
  readonly arrays: readonly Float32Array[];
}

/** Where a stage keeps its last checkpoint. It outlives the attempt, and success. */
export interface CheckpointStore {
  /** The last one; undefined where there is none, or it is damaged, which is warned of. */
  load(): Checkpoint | undefined;
  /** Puts one in the place of the last, whole or not at all. That the disk does not take it is warned of, once. */
  save(checkpoint: Checkpoint): void;
}

/** Everything that a running stage may know and do. It reads inputs, writes outputs, and touches nothing else. */
export interface StageContext<S = unknown> {
  readonly settings: S;
  /** The one artifact of a port. Throws when the port is not connected. */
  input(port: string): InputArtifact;
  /** The artifacts of a list port or of an optional one, in order; empty when not connected. */
  inputs(port: string): readonly InputArtifact[];
  /** The ports that are connected. */
  readonly inputPorts: readonly string[];
  /** Absolute path that the stage must create, as a file or folder, before it ends. Its parent exists. */
  output(port: string): string;
  readonly outputPorts: readonly string[];
  /** Cores granted, at least 1. */
  readonly cpus: number;
  /** `auto`, or the backend that the user named. */
  readonly backend: string;
  /** For a kind whose spec asks for them; absent where the stage's results are not kept either (`cache: false`). */
  readonly checkpoints?: CheckpointStore;
  /** An empty folder for this attempt's own use; removed afterwards. */
  readonly scratch: string;
  /** The project's root, the working directory of a command. */
  readonly root: string;
  /** What to start programs by, before their own words, so that what they read is seen; absent: nothing. */
  readonly launcher?: readonly string[];
  /**
   * Absolute path of a published file, its checksum verified; fetched once into the project's cache. Settings must name it
   * with the checksum, so that it is keyed. Throws a {@link StageError} that says where to put it by hand.
   */
  download(file: PublishedFile): Promise<string>;
  progress(progress: Progress): void;
  /** Shown while the stage runs; what is to be kept goes into an output. */
  point(point: CurvePoint): void;
  /** A line for the stage's log. */
  log(line: string): void;
  /** A line for the log and for the user's eyes: good to know, and no reason to worry. */
  info(line: string): void;
  /** The same for a reason to worry. */
  warn(line: string): void;
  highlight(table: Highlight): void;
  /** Said of the result's record, such as the backend that ran; never keyed. */
  note(name: string, value: string | number): void;
}

/** The default export of a kind's `run.ts`. A mistake in the user's data throws a {@link StageError}. */
export type RunStage<S> = (context: StageContext<S>) => Promise<void>;

/** A failure that is the user's to mend: shown as its message, without a stack trace. */
export class StageError extends UserError {
  override readonly name = 'StageError';
}
