import type { Json, JsonObject } from '../../json.ts';
import type { ArtifactType, FoundCode } from '../../stage.ts';
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';

declare const stageName: unique symbol;
/** The name of a stage after matrix and include, such as `sn/fit[net=my-net,seed=2]`. */
export type StageName = string & { readonly [stageName]: true };

/** A pipeline after `extends`, `include`, parameters and matrix are resolved. */
export interface Pipeline {
  /** The file's name below `pipelines/` without extension: `experiments/xception`; of a file elsewhere, `./xception`. */
  readonly name: string;
  /** Absolute path of the folder that holds `pipelines/`. */
  readonly root: string;
  readonly file: string;
  readonly description?: string;
  /** Keyed in every stage: changing it makes everything stale. */
  readonly salt?: string;
  /** In the order of the file, instances of a matrix with the last axis fastest. */
  readonly stages: readonly Stage[];
  /** Everything outside that decided this value: if none of it changed, the pipeline has not. */
  readonly sources: PipelineSources;
  /** What is allowed but probably not meant: a parameter that nobody reads, a program that is no input. */
  readonly warnings: readonly Diagnostic[];
}

export interface PipelineSources {
  /** Absolute paths of the YAML files. */
  readonly files: readonly string[];
  /** Absolute paths of the code of a project's own kinds and of Python programs. */
  readonly code: readonly string[];
  /** Absolute paths that could select other files or inputs: folders by their names, and absent nearer places. */
  readonly looked: readonly string[];
  /** What every glob gave, by pattern: paths relative to the root, POSIX, in code-unit order. */
  readonly globs: Readonly<Record<string, readonly string[]>>;
  /** Every environment variable that a stage takes its value from; an unset one is null. Absent: none. */
  readonly env?: Readonly<Record<string, string | null>>;
}

/** One named step: a kind with inputs, settings and outputs. */
export interface Stage {
  readonly name: StageName;
  /** Matrix values by axis (an axis of maps gives its `id`); empty without a matrix. */
  readonly axes: Readonly<Record<string, string>>;
  /** Values that its own matrix draws, by name. */
  readonly drawn?: JsonObject;
  /** Which of the trials that its own matrix asks for; absent without, and for the first. */
  readonly trial?: string;
  /** What decides its settings once its inputs are there; until then it has those of the first candidate. */
  readonly slot?: ChosenSlot;
  readonly kind: string;
  /** A built-in kind's version, the digest of the imports of a project's own kind, or both for a kind that finds code. */
  readonly kindVersion: number | string;
  readonly description?: string | undefined;
  /** Parsed by the kind, with defaults: what the stage gets. */
  readonly settings: JsonObject;
  /** The same without those at their default: what is keyed. */
  readonly keyedSettings: JsonObject;
  /** The default of the setting at a path, completed by a given `part` of it; for messages. */
  readonly defaultOf?: (path: readonly string[], part?: Json) => Json | undefined;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** Order only. */
  readonly after: readonly StageName[];
  readonly resources: Resources;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Milliseconds for one attempt. */
  readonly timeout?: number | undefined;
  /** Values of the environment that the stage declares; hashed. An unset one is null. */
  readonly env: Readonly<Record<string, string | null>>;
  /** False: outputs are hashed and published but not stored. */
  readonly cache: boolean;
  /** Keeps its last result whatever its fingerprint. */
  readonly frozen: boolean;
  readonly onDemand: boolean;
  /** The place of `places.yaml` where it runs; absent: that of the command. Never in the fingerprint. */
  readonly place?: string | undefined;
  /** Whether the kind computes with tfjs (a backend named by the user is then keyed). */
  readonly computes: boolean;
  /** Settings that its checkpoints serve whatever they are; absent for a kind that keeps none. */
  readonly checkpointsWithout?: readonly string[];
  /** For a kind that finds the code of a program. */
  readonly code?: StageCode;
  readonly at: Span;
}

/** The user's program that a stage runs, as it was found. */
export interface StageCode extends Pick<FoundCode, 'sources' | 'start' | 'variables'> {
  /** Absolute path of the program. */
  readonly program: string;
  /** The stat signature of each of its files, by absolute path; empty where it changed while it was read. */
  readonly signatures: Readonly<Record<string, string>>;
}

/** A stage's code, and what it rests on. `version` is part of the fingerprint. */
export interface Found extends StageCode, Pick<FoundCode, 'looked' | 'warnings'> {
  readonly version: string;
}

/** A candidate that other stages choose, the last one by its label. */
export interface Choice {
  /** The rank of the candidate in the first choice, counted from 0; its label there is the rank in the next one, counted from 1. */
  readonly index: number;
  /** The axis whose label each choice names. */
  readonly axes: readonly string[];
}

/** A slot whose candidate another stage chooses. */
export interface ChosenSlot extends Choice {
  /** The input that has the choices, which only decide the settings and are not read by the stage itself. */
  readonly port: string;
  /** What the stage is for each candidate, by the label that the last choice names. */
  readonly candidates: ReadonlyMap<
    string,
    Pick<Stage, 'settings' | 'keyedSettings' | 'defaultOf' | 'inputs' | 'drawn'>
  >;
}

export interface Resources {
  /** Infinite for all there are. */
  readonly cpu: number;
  readonly gpu: number;
  /** In bytes. */
  readonly memory: number;
}

export interface Input {
  readonly port: string;
  readonly list: boolean;
  readonly items: readonly InputItem[];
  /** The named parts that the stage reads; absent: all. */
  readonly parts?: readonly string[];
  readonly at: Span;
}

export type InputItem = (
  | { readonly from: 'stage'; readonly stage: StageName; readonly port: string }
  /** `path` is absolute, for reading; `shown` is what the user wrote. */
  | { readonly from: 'path'; readonly path: string; readonly shown: string }
) & {
  /** In the fingerprint: labels that distinguish items of a list port, or all axis values on a `labelled` port. */
  readonly labels: Readonly<Record<string, string>>;
  /** What some labels depend on, which until then are those of the first candidate. `labels` has them by that of the candidate. */
  readonly chosen?: Choice & {
    readonly choices: readonly InputItem[];
    readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  };
};

export interface Output {
  readonly port: string;
  readonly type: ArtifactType;
  /** Where it is published, relative to the root, POSIX. */
  readonly path: string;
  /** How the path of a port ends that the file declares, such as `.svg`: a program may go by it, so it is keyed. */
  readonly extension?: string;
  readonly at: Span;
}
