import type { z } from 'zod';
import type { Json, JsonObject } from './json.ts';
import { UserError } from './user-error.ts';

export const artifactTypes = [
  'dataset',
  'features',
  'map',
  'model',
  'history',
  'scores',
  'metrics',
  'chart',
  'images',
  'table',
  'choice',
  'files',
] as const;
export type ArtifactType = (typeof artifactTypes)[number];

export interface InputPort<S = unknown> {
  /**
   * The types that it takes; `'any'` takes every type. A path in the YAML is accepted for any type.
   */
  readonly type: ArtifactType | readonly ArtifactType[] | 'any';
  readonly summary: string;
  readonly optional?: true;
  /**
   * Takes a list: in order, every matrix instance that agrees with the reader's axes, each with its
   * labels.
   */
  readonly list?: true;
  /**
   * For a list port: one reference that is written without brackets inherits the matrix of its
   * stage, as at a single port.
   */
  readonly inherits?: true;
  /**
   * Gives a single port the axis values of the instance that it reads as labels, for titles. A list
   * port gets, beside the axes that distinguish its items, those that its stage fixes. They are
   * part of the fingerprint.
   */
  readonly labelled?: true;
  /**
   * The program that the stage runs, a file of the project: what {@link KindSpec.code} finds stands
   * for it.
   */
  readonly code?: true;
  /**
   * The parts that the stage reads with these settings; absent or undefined: all. The fingerprint
   * holds only these.
   */
  parts?(settings: S): readonly string[] | undefined;
  /**
   * What the stage does with sealed images of this input; absent or undefined: it may not have
   * them. A line of the ledger says that it had.
   */
  sealed?(settings: S): SealedUse | undefined;
  /** How a stage that may not have sealed images does its work all the same: a sentence. */
  readonly sealedHint?: string;
}

/**
 * What a stage may do with sealed images: `measures` a model on them and shows no image, or `keeps`
 * them in a data set under a seal. A kind of a project's own measures, whatever it says: what its
 * code keeps is not known.
 */
export type SealedUse = 'measures' | 'keeps';

export interface OutputPort {
  readonly type: ArtifactType;
  readonly summary: string;
  /** The file's extension, such as `.csv`, where the output is one file; absent: a folder. */
  readonly extension?: `.${string}`;
  /**
   * What asks for the output. The port exists only where a setting is `true`, has the named value
   * or is a list that is not empty, or where an input is connected. Absent: always.
   */
  readonly when?: string | SettingValue | ListSetting | ConnectedInput;
  /** For a table of what there is, such as the images of a data set: how it counts. */
  readonly counts?: TableCounts;
  /**
   * For metrics, a table or a chart that has something of single images, such as their scores:
   * further numbers can be computed of it, so whoever reads it looks at sealed images. Scores and
   * other types always count so.
   */
  readonly ofImages?: true;
}

/** A setting that has a value. */
export interface SettingValue {
  readonly setting: string;
  readonly is: string;
}

/** A setting that is a list. */
export interface ListSetting {
  readonly list: string;
}

/** An input of the same stage. */
export interface ConnectedInput {
  readonly input: string;
}

/** The keys that lead to a setting within maps: `['args', 'epochs']`. */
export type SettingPath = readonly string[];

/** The columns of a table that counts things, such as images of a class in a split. */
export interface TableCounts {
  /** The column with the numbers, named for what is counted, in the plural: `images`. */
  readonly of: string;
  /** The column by whose values things are told apart: `class`. */
  readonly by: string;
  /** The column that names the wholes of which shares are shown, in the singular: `split`. */
  readonly within: string;
}

/**
 * The description of a kind: its settings and ports. Importing a spec loads zod and nothing
 * heavier. `S` is the type of the parsed settings with their defaults, which are JSON. Tables hold
 * specs whose settings are unknown: parsed settings go back only to the spec that parsed them.
 */
export interface KindSpec<S = unknown> {
  readonly name: string;
  /** Part of the fingerprint. It is raised when the kind's results change. */
  readonly version: number;
  readonly summary: string;
  readonly settings: z.ZodType<S>;
  readonly inputs: Readonly<Record<string, InputPort<S>>>;
  readonly outputs: Readonly<Record<string, OutputPort>>;
  /**
   * Any further input, or input and output (`true`), may be declared in the YAML, as for `command`.
   */
  readonly openPorts?: true | 'inputs';
  /**
   * Settings that are shell text. `${params.z}` and `${matrix.z}` in them are quoted as their
   * position needs. `${inputs.x}`, `${inputs.x.list}` and `${outputs.y}` must name declared ports
   * and are replaced at run time. Every other `$` is the shell's.
   */
  readonly shell?: readonly string[];
  /**
   * Settings that name axes, each with the list ports whose items have these:
   * `{ over: ['metrics'] }`. `plan` checks them. A name such as `net.width` is a field of the
   * axis's values, which then is a label of the items too; `net.*` means all fields.
   */
  readonly axes?: Readonly<Record<string, readonly string[]>>;
  /**
   * Whether it computes with tfjs. A backend that the user names is then part of the fingerprint.
   */
  readonly computes?: true;
  /** Whether it uses all cores where the stage does not say how many; one that computes does. */
  readonly usesAllCores?: true;
  /**
   * For a kind that keeps checkpoints ({@link StageContext.checkpoints}): the settings that only
   * say how far the work goes. A checkpoint serves whatever their values are. Absent: it keeps
   * none.
   */
  readonly checkpointsWithout?: readonly string[];
  /**
   * The paths of further settings that only say how far the work goes, where the user names them:
   * `[['args', 'epochs']]`.
   */
  continues?(settings: S): readonly SettingPath[];
  /**
   * Settings that decide nothing of the results: they are not in the fingerprint.
   */
  readonly unkeyed?: readonly string[];
  /**
   * Why a stage of these settings will not resume from a checkpoint of this state, as a clause for
   * `plan`; undefined where it may.
   */
  whyNoResume?(settings: S, state: Json): string | undefined;
  /**
   * Finds the code behind the input marked `code`; without such an input, the programs of the
   * machine that the kind runs, such as `ffmpeg`, whose versions then count. `settings` name those
   * that it reads; which only help to find it are `unkeyed`, since the fingerprint holds what was
   * found. Throws a {@link StageError} where there is none that could run. A stage whose settings
   * `when` does not hold for runs no such program; absent: each does.
   */
  readonly code?: {
    readonly settings: readonly string[];
    when?(settings: S): boolean;
    find(question: CodeQuestion): Promise<FoundCode>;
  };
  /**
   * The published files that a stage of these settings downloads ({@link StageContext.download}).
   * For one that runs on a cluster they are fetched before, where the command runs; absent: none.
   */
  downloads?(settings: S): readonly PublishedFile[];
  /**
   * The parts of outputs that a stage of these settings seals, by port, as a file
   * `restage-seal.json` in them does; absent: none.
   */
  seals?(settings: S): Readonly<Record<string, readonly string[]>>;
  /** For a kind whose stages propose the values of an axis; absent: they propose none. */
  readonly proposes?: Proposes<S>;
  /** Mistakes that only settings and connected inputs together show. */
  check?(settings: S, inputs: ReadonlySet<string>): readonly SettingMistake[];
  /**
   * Facts about the outputs before the stage runs. It may look up a file or folder of the user's,
   * but not read all of it.
   */
  facts?(settings: S, inputs: KnownInputs): Facts;
  /** Mistakes that facts about the inputs show before anything runs. There may be no facts. */
  checkInputs?(settings: S, inputs: KnownInputs): readonly SettingMistake[];
  /** Mistakes in what files hold, found before anything runs. */
  readonly contents?: ContentsCheck<S>;
  /** A YAML example of one stage, for `restage kinds <kind>`. */
  readonly example: string;
}

/**
 * How a kind proposes the values of an axis, which the axis asks for by the name of its stage:
 * `matrix: { trial: { by: search.trial, count: 20 } }`. The stage gets the same axis, so that it
 * makes one proposal after the other. Each reads the one before and what had ended by then.
 */
export interface Proposes<S> {
  /** The output with a proposal: JSON with the `values` of a trial by name. */
  readonly output: string;
  /** The input that gets the proposal before; optional, since the first has none. */
  readonly previous: string;
  /** The optional list inputs whose items are those of the trials before that had ended. */
  readonly history: readonly string[];
  /** Trials with values of every form, so that mistakes in what reads them are found early. */
  examples(settings: S): readonly JsonObject[];
  /** Values of trials that are no settings to compare, so that lists of trials leave them out. */
  readonly unlisted?: readonly string[];
  /** The settings, as written or as parsed, without those that decide nothing of this trial. */
  narrowed(settings: JsonObject, trial: number): JsonObject;
}

/**
 * What a run says of the trials before. A stage that proposes one finds it among its settings, as
 * `told`. Nobody can write it: the settings of the kind do not know it.
 */
export type Told = {
  /** The axis whose labels are the numbers of the trials. */
  readonly axis: string;
  /** The number of the trial to propose, from 1. */
  readonly trial: number;
  /** The numbers of trials that failed. Those that are not among the items either are under way. */
  readonly failed: readonly string[];
};

/**
 * Checks what the inputs of a stage hold before it runs: files of the user's before anything runs,
 * outputs of stages once these have ended. It may read whole files and import heavy code, which
 * {@link KindSpec.checkInputs} may not: its answer can be remembered.
 */
export interface ContentsCheck<S = unknown> {
  /** The ports whose contents it reads. It is asked once all of those in use are known. */
  readonly ports: readonly string[];
  /** The settings that the answer depends on. */
  readonly settings: readonly string[];
  /**
   * Throws a {@link StageError} where the stage could not use what its inputs hold. Returns whether
   * to remember that nothing is wrong, until a file or one of the settings changes: not what is
   * looked up as quickly.
   */
  check(question: ContentsQuestion<S>): Promise<boolean>;
}

/** A stage whose inputs are checked, with those of the ports that the check names. */
export interface ContentsQuestion<S = unknown> {
  readonly settings: S;
  /** The artifacts of a port in order, where they lie now; empty when not connected. */
  inputs(port: string): readonly InputArtifact[];
}

/** The program whose code is to be found, and how it will run. Paths are absolute. */
export interface CodeQuestion {
  /** Empty where no input marked `code` names it. */
  readonly program: string;
  readonly root: string;
  /** The settings that {@link KindSpec.code} names. */
  readonly settings: JsonObject;
  /** The environment in which it will run. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Files of the project, by their paths from the root, that it loaded in earlier runs although its
   * text does not show them.
   */
  readonly loaded: readonly string[];
  /** {@link FoundCode.start}, where that is decided already. */
  readonly start?: JsonObject;
}

/**
 * Stands for the digest of a file that the program loaded in an earlier run, and that is no longer
 * there.
 */
export const goneSource = 'gone';

/** A user's program with everything that it loads. */
export interface FoundCode extends ProgramStart {
  /** Absolute paths of the files. */
  readonly files: readonly string[];
  /** Absolute paths that decided which files these are, absent ones included. */
  readonly looked: readonly string[];
  /** What cannot be known of it before it runs: sentences that begin with file and line. */
  readonly warnings: readonly string[];
  /** Whether more decided it than `looked` names, so that it must not be remembered. */
  readonly isVolatile: boolean;
}

/** How a program is started, and what decides its results. */
export interface ProgramStart {
  /**
   * What decides its results: digests of files by a path that is the same everywhere; those of
   * packages, with versions, are empty.
   */
  readonly sources: Readonly<Record<string, string>>;
  /**
   * Environment variables by which its files were looked up. A remembered answer holds while they
   * keep their values; they are in no fingerprint.
   */
  readonly variables: readonly string[];
  /** The question's files that count beside what the program's text shows. */
  readonly loaded: readonly string[];
  /** How to start it, for the kind's own program. */
  readonly start: JsonObject;
}

/** Facts about an artifact by name, such as `classes: ['cat', 'dog']`. */
export type Facts = Readonly<Record<string, Json>>;

/**
 * The known items of a port: the facts that their stages give, or the path of the user's file or
 * folder; and the labels that distinguish them.
 */
export type KnownInputs = (port: string) => readonly {
  readonly facts?: Facts;
  readonly path?: string;
  readonly labels: Readonly<Record<string, string>>;
}[];

export interface SettingMistake {
  readonly at: readonly PropertyKey[];
  readonly message: string;
  /** An unknown name and the known ones: the message suggests the nearest. */
  readonly unknown?: { readonly name: string; readonly known: readonly string[] };
}

/** Infers the type of a spec: `export const spec = defineKind({ … })`. */
export function defineKind<S>(spec: KindSpec<S>): KindSpec<S> {
  return spec;
}

export interface InputArtifact {
  /**
   * Absolute path of the file or folder, read-only. It lies in a private folder of the stage, under
   * the name of the port or, in a list, under a name that the fingerprint decides. The user's files
   * are symbolic links.
   */
  readonly path: string;
  /**
   * The matrix values (or stage name) that distinguish the items of a list port, or those of a
   * `labelled` port; else empty.
   */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a small table is, where it is no result. */
export type TableRole = 'choice' | 'data';

/** A small table for the end of a run, such as accuracies. Its cells are shown as they are. */
export interface Highlight {
  readonly title: string;
  /**
   * What it is: a `choice` among candidates stands with the findings of a run, `data` that went in
   * with the data sets. Absent: a result.
   */
  readonly role?: TableRole;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What follows from it, as a sentence that stands below it. */
  readonly conclusion?: string;
}

/**
 * A file that others publish. It never changes: its checksum is verified, SHA-256, or MD5 where the
 * publisher states only that; both are lower-case hexadecimal.
 */
export type PublishedFile = {
  /** `npm:package@version/path` is a file of a package that the user installs. */
  readonly url: string;
} & ({ readonly sha256: string } | { readonly md5: string });

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted, in the plural: `images`, `steps`. */
  readonly unit: string;
  /** What the stage does now: `epoch 2/5, loss 0.412`. */
  readonly note?: string;
  /** Units per second and seconds left, where the stage knows them better than its pace shows. */
  readonly rate?: number;
  readonly secondsLeft?: number;
}

/**
 * A point of each curve that a stage reports while it runs, such as loss and accuracy at the end of
 * an epoch.
 */
export interface CurvePoint {
  /** What is counted, in the singular: `epoch`. */
  readonly unit: string;
  /** From 1, each greater than the last. */
  readonly step: number;
  readonly total?: number;
  /** By the name of the curve, such as `val accuracy`. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a stage has computed so far, from which another attempt can resume. */
export interface Checkpoint {
  readonly state: Json;
  readonly arrays: readonly Float32Array[];
}

/** Keeps a stage's last checkpoint. It outlives the attempt, even a successful one. */
export interface CheckpointStore {
  /** The last one; undefined where there is none. Warns of a damaged one, which counts as none. */
  load(): Checkpoint | undefined;
  /** Replaces the last one, whole or not at all. Warns once where the disk cannot be written. */
  save(checkpoint: Checkpoint): void;
}

/** What a stage made of one item of its inputs, such as of one video. */
export interface Piece {
  /** What is known of it. */
  readonly facts: Json;
  /**
   * A file of the stage's outputs with its bytes, which the stage does not write any more; absent
   * where the facts are all.
   */
  readonly path?: string;
}

/**
 * Keeps the pieces of a stage, so that another attempt, and a stage with one more item, need not
 * make them again. They outlive the attempt, even one that was killed. A key must hold everything
 * that decides the piece: the digests of what it is made of, and the settings that count for it.
 * The kind, its version and the backend count by themselves.
 */
export interface PieceStore {
  /**
   * Puts the bytes of a piece at a new path of the outputs, and gives its facts; undefined where
   * there is none. Without a path only a piece without bytes is found.
   */
  restore(key: Json, path?: string): Promise<Json | undefined>;
  /** Keeps a piece. Warns once where the disk cannot be written. */
  keep(key: Json, piece: Piece): Promise<void>;
}

/**
 * Everything that a running stage may know and do. It reads its inputs, writes its outputs, and
 * touches nothing else.
 */
export interface StageContext<S = unknown> extends StageFiles, StageReporter, Downloader {
  readonly settings: S;
  /** The cores that it may use, at least 1. */
  readonly cpus: number;
  /** `auto`, or the backend that the user named. */
  readonly backend: string;
  /**
   * For a kind whose spec asks for checkpoints; absent with `cache: false`, where results are not
   * kept either.
   */
  readonly checkpoints?: CheckpointStore;
  /** Absent with `cache: false`, and where a second run only checks that it repeats the first. */
  readonly pieces?: PieceStore;
  /** {@link FoundCode.start}, for a kind that finds code. */
  readonly code?: JsonObject;
  /**
   * Whether it prepares new data for `restage predict`, whose folders name no classes, and of which
   * none may be fit to be scored; absent in a pipeline.
   */
  readonly isForPrediction?: boolean;
}

/** The artifacts that a stage reads. */
export interface StageInputs {
  /** The one artifact of a port. Throws when the port is not connected. */
  input(port: string): InputArtifact;
  /** The artifacts of a list port or of an optional one, in order; empty when not connected. */
  inputs(port: string): readonly InputArtifact[];
  readonly inputPorts: readonly string[];
}

/** Where the artifacts lie that a stage reads and makes, and its folders. */
export interface StageFiles extends StageInputs {
  /** The absolute path of a file or folder that the stage must create. Its parent exists. */
  output(port: string): string;
  readonly outputPorts: readonly string[];
  /** An empty folder for this attempt alone. It is removed afterwards. */
  readonly scratch: string;
  /** The project's root, which is the working directory of commands. */
  readonly root: string;
  /** The words before a program's own that trace what it reads; absent: nothing is traced. */
  readonly launcher?: readonly string[];
}

/** What writing a chart needs of a stage. */
export interface ChartContext {
  /** The absolute path of an output. */
  output(port: string): string;
  warn(line: string): void;
}

/** Fetches published files for a stage. */
export interface Downloader {
  /**
   * The absolute path of a published file whose checksum is verified. It is fetched once into the
   * project's cache. The settings must name the file with its checksum, so that the fingerprint
   * holds it. Throws a {@link StageError} that says where to put the file by hand.
   */
  download(file: PublishedFile): Promise<string>;
}

/** What a stage says while it runs. */
export interface StageReporter {
  progress(progress: Progress): void;
  /**
   * A point of the curves that pages draw while the stage runs. Thinned, they stay in the record of
   * its result.
   */
  point(point: CurvePoint): void;
  log(line: string): void;
  /** A line for the log that is also shown to the user: good to know, and no reason to worry. */
  info(line: string): void;
  /** The same for a warning. */
  warn(line: string): void;
  highlight(table: Highlight): void;
  /**
   * A fact for the result's record, such as the backend that ran. It is never part of the
   * fingerprint.
   */
  note(name: string, value: string | number): void;
}

/**
 * The default export of a kind's `run.ts`. It throws a {@link StageError} for a mistake in the
 * user's data.
 */
export type RunStage<S> = (context: StageContext<S>) => Promise<void>;

/** The context of a stage whose work is a program. */
export interface ProgramContext<S = unknown> extends StageFiles {
  readonly settings: S;
  /** {@link FoundCode.start}, for a kind that finds code. */
  readonly code?: JsonObject;
  /** The folder of the cache in which environments of programs are kept. */
  readonly environments: string;
}

/**
 * A program that does a stage's work. It runs in the project's root; what it prints is the stage's
 * log.
 */
export interface Program {
  readonly argv: readonly string[];
  /** Its name in messages. */
  readonly title: string;
  /** A line for the log before it starts. */
  readonly opening?: string;
  /**
   * Environment variables for it, unless the stage declares others. Those of the user's shell
   * decide nothing.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that come first in the variables that list some, such as `PYTHONPATH`. */
  readonly searchFirst?: Readonly<Record<string, string>>;
  /**
   * Absolute paths of the files of the project that it loaded, asked after its end; absent: nobody
   * knows.
   */
  readonly loaded?: () => readonly string[];
  /**
   * The versions of what it ran with, by name, such as `Python` and `torch`; asked after its end.
   */
  readonly software?: () => Readonly<Record<string, string>>;
}

/**
 * The default export of a built-in kind's `program.ts`, instead of `run.ts`: the runner starts the
 * program without a process for the kind. It may make `scratch` and write files there, and is fast.
 * Throws a {@link StageError}.
 */
export type MakeProgram<S> = (context: ProgramContext<S>) => Program;

/** A failure that the user can fix. Its message is shown without a stack trace. */
export class StageError extends UserError {
  override readonly name: string = 'StageError';
}

/** A program whose code cannot be read or found. */
export class CodeError extends StageError {
  override readonly name = 'CodeError';
  /** Absolute paths of what was read or looked for: a change of one of them may mend it. */
  readonly looked: readonly string[];

  constructor(message: string, looked: readonly string[]) {
    super(message);
    this.looked = looked;
  }
}
