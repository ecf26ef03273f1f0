import type { DiagnosticCode } from '../engine/diagnostics/codes.ts';
import type { PlannedDecision } from '../engine/plan/decide.ts';
import type { Outcome } from '../engine/store/runs/outcome.ts';
import type { Json, JsonObject } from '../json.ts';
import type { PipelineEvent } from '../reporting/pipeline-event.ts';

// The types of the library. This file holds nothing else: the package carries the types of all
// that it imports.

/** A mistake of the user, as data. */
export interface PipelineDiagnostic {
  /** Stable, and explained in docs/diagnostics.md and docs/project-mistakes.md. */
  readonly code: DiagnosticCode;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** Where the mistake is; absent for one outside any file. */
  readonly at?: {
    /** Relative to the project, or `--set` for a value that was set. */
    readonly file: string;
    /** From 1. */
    readonly line: number;
    /** From 1, in UTF-16 units. */
    readonly column: number;
  };
}

export interface ProjectOptions {
  /**
   * The environment that pipelines read, and that stages on this machine, the commands of
   * schedulers and shared stores get. By default `process.env`, as it is when the project is
   * opened.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Is told what is no mistake and belongs to no run, such as damage in the store that a plan
   * finds. By default nobody is told. The warnings of a run are events.
   */
  readonly onWarning?: (message: string) => void;
}

/** A folder with `pipelines/`. Projects of one process know nothing of each other. */
export interface Project extends AsyncDisposable {
  /** Absolute path. */
  readonly root: string;
  /**
   * Reads and checks a pipeline. `file` is looked up from the folder in which the project was
   * opened, then below `pipelines/`. Rejects with a {@link PipelineError} that has every mistake.
   */
  load(file: string, options?: LoadOptions): Promise<Pipeline>;
  /** Notices changes of everything that is loaded and run from now on. */
  watch(): Promise<ProjectChanges>;
  /** Cancels the runs that are under way, and waits for their end. */
  close(): Promise<void>;
}

/** What changes a pipeline's file, as the options of the command do. */
export interface LoadOptions {
  /**
   * Values of parameters and of settings, by name, such as `params.epochs` and `fit.batchSize`.
   * They have the last word.
   */
  readonly set?: Readonly<Record<string, Json>>;
  /**
   * YAML files of parameters, from the folder in which the project was opened. Their maps merge
   * with those of the pipeline; of two files the later one counts.
   */
  readonly params?: readonly string[];
  /**
   * A stage for each value: of an axis, a parameter or a setting by name, such as
   * `{ rate: [0.1, 0.01] }`. In place of the list, any map that is an axis in a file.
   */
  readonly axes?: Readonly<Record<string, readonly Json[] | JsonObject>>;
}

/** A pipeline file without mistakes, as it was when it was loaded. */
export interface Pipeline {
  /** The file's name below `pipelines/`, without its extension. */
  readonly name: string;
  /** Relative to the project. */
  readonly file: string;
  readonly description: string | undefined;
  readonly stages: readonly StageInfo[];
  /** What is allowed, but probably a slip: sentences that begin with their position. */
  readonly warnings: readonly string[];
  /**
   * What a run would do now, stage by stage; no stage comes before one that it reads. Changes
   * nothing. Rejects with a {@link PipelineError}.
   */
  plan(options?: PlanOptions): Promise<Plan>;
  /** Brings stages up to date. The run begins at once. */
  run(options?: RunOptions): Run;
  /**
   * What a stage published. Rejects with a {@link PipelineError} for a stage that is not up to
   * date, since its files would be those of other settings.
   */
  outputs(stage: string): Promise<StageOutputs>;
  /**
   * Stages, by default all, with their axes and settings, and what those that are up to date
   * measured, reported and published: rows for a table of experiments.
   */
  results(stages?: readonly string[]): Promise<readonly StageRow[]>;
}

export interface StageInfo {
  readonly name: string;
  readonly kind: string;
  /** Matrix values by axis; empty without a matrix. */
  readonly axes: Readonly<Record<string, string>>;
  /** Where each output is published, by port: relative to the project. */
  readonly outputs: Readonly<Record<string, string>>;
  /**
   * Whether it is there only once a list is known that another stage makes: `fit[clip=?]` stands
   * for all stages of it. Plans and runs find out; here nothing was looked up.
   */
  readonly pending?: true;
}

export interface PlanOptions {
  /** Stages, or pipelines that it includes, with all that they need. By default all. */
  readonly stages?: readonly string[];
  /** Also what depends on these. */
  readonly downstream?: boolean;
  /** Stages to run as if the store had no result of them; `true`: all. */
  readonly force?: true | readonly string[] | undefined;
  /** What stages with tensors compute on; by default `auto`. */
  readonly backend?: string;
  /** The place of `places.yaml` for stages that name none. */
  readonly on?: string;
  /** Whether to hash all files again, also those whose times are unchanged. */
  readonly rehash?: boolean;
  /** `false`: without the shared store of `store.yaml`. */
  readonly store?: boolean;
  /** Which outputs to bring from the shared store; by default `needed`. */
  readonly fetch?: 'all' | 'needed' | 'none';
}

export type Plan = readonly StagePlan[];

/** What a run would do with a stage. */
export interface StagePlan {
  readonly stage: string;
  readonly kind: string;
  /** Values that its matrix drew, by name. */
  readonly drawn?: Readonly<Record<string, Json>>;
  /** The trial of a search that it belongs to, from 1; absent: none. */
  readonly trial?: { readonly axis: string; readonly number: number };
  readonly state: PlannedDecision['state'];
  /** The state with its reasons as data. */
  readonly decision: PlannedDecision;
  /** The reasons in words, the most important first. */
  readonly reasons: readonly string[];
  /** The SHA-256 of all that decides its outputs; absent for a stage whose inputs are not known. */
  readonly fingerprint?: string;
  /** Its checkpoint, for a stage that must run and is not forced; absent if there is none. */
  readonly checkpoint?: {
    /**
     * Why the stage will not resume from it, as a clause; absent if it will, as far as is known.
     */
    readonly obstacle?: string;
  };
  /** The ports whose outputs stay in the shared store, for a stage that is up to date. */
  readonly away: readonly string[];
}

export interface RunOptions extends PlanOptions {
  /** How many stages may run at once; by default the number of cores. */
  readonly jobs?: number;
  /** Stages to run twice, to compare their bytes; `true`: all. */
  readonly twice?: true | readonly string[] | undefined;
  /** Whether the first failure stops everything. */
  readonly failFast?: boolean;
  /** Whether to publish by hard links to the store: read-only files, and no copies. */
  readonly hardLink?: boolean;
  /** Whether to name the files that commands read without declaring them (Linux, with strace). */
  readonly checkReads?: boolean;
  /** Cancels the run, as {@link Run.cancel} does. */
  readonly signal?: AbortSignal;
}

/**
 * A run that is under way. Its events are those of `--reporter json`, and are kept until somebody
 * reads them. Leaving a loop over them cancels the run, and waits for its end.
 */
export interface Run extends AsyncIterable<PipelineEvent, void> {
  /**
   * How the run ended. A failed stage rejects nothing. Rejects with a {@link PipelineError} where
   * the run cannot begin, as does the loop over its events.
   */
  readonly result: Promise<RunResult>;
  /**
   * Asks stages to end, as Ctrl-C does: what they have finished is kept, and a training resumes
   * from its checkpoint. A second call ends them at once, and also cancels jobs on a cluster.
   */
  cancel(): void;
}

export interface RunResult {
  /** The name of the run, as `restage history` lists it. */
  readonly run: string;
  /** Whether every stage is up to date. */
  readonly ok: boolean;
  /** Whether it was cancelled. */
  readonly interrupted: boolean;
  readonly stages: Readonly<Record<string, StageResult>>;
  /** Absolute path of the report; absent if none was written. */
  readonly report?: string;
  readonly seconds: number;
}

export interface StageResult {
  readonly outcome: Outcome;
  /** 0 for a stage that was up to date. */
  readonly seconds: number;
  /** Why it did not succeed. */
  readonly message?: string;
}

/** A stage as a row of a table. What it left is empty unless it is up to date. */
export interface StageRow extends Omit<StageOutputs, 'metrics'> {
  readonly stage: string;
  readonly kind: string;
  readonly state: StagePlan['state'];
  /** Matrix values by axis; empty without a matrix. */
  readonly axes: Readonly<Record<string, string>>;
  /** All of them, defaults included; of a slot those of the candidate that it holds. */
  readonly settings: Readonly<Record<string, Json>>;
  /** What it reported while it ran. */
  readonly curves: readonly StageCurve[];
}

/** Points that a stage reported one by one, such as `val.loss` by epoch; long ones are thinned. */
export interface StageCurve {
  readonly name: string;
  /** What its steps count, in the singular: `epoch`. */
  readonly unit: string;
  /** A value that is not a finite number is null. */
  readonly points: readonly (readonly [step: number, value: number | null])[];
}

export interface StageOutputs {
  /** Absolute paths of published files and folders, by port. */
  readonly paths: Readonly<Record<string, string>>;
  /**
   * The numbers of its metrics by split, then by name: `metrics.test.auc`. The name of one in a map
   * is its path: `metrics.test['confusion.truePositives']`. Undefined numbers are left out.
   */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** All numbers by their full name, as `restage history` has them: `numbers['test.auc']`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The ends of the intervals of numbers, by the same name. */
  readonly intervals: Readonly<Record<string, readonly [low: number, high: number]>>;
}

/** Notices when something changes of what a project has read. */
export interface ProjectChanges extends Disposable {
  /** Takes the present state as what the next load reads. */
  begin(): void;
  /** Resolves once something differs from it. Rejects with the signal's reason. */
  changed(signal?: AbortSignal): Promise<void>;
}
