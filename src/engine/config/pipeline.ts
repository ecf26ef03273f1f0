import type { Digest } from '../../digest.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Result } from '../../result.ts';
import type {
  ArtifactType,
  ProgramStart,
  SealedUse,
  SettingPath,
  TableCounts,
} from '../../stage.ts';
import type { Diagnostic, SourceFile, Span } from '../diagnostics/diagnostic.ts';

declare const stageName: unique symbol;
/** The name of a stage after matrix and include, such as `sn/fit[net=my-net,seed=2]`. */
export type StageName = string & { readonly [stageName]: true };

/** What a run knows of its pipeline, on the node of a cluster too. */
export interface RunnablePipeline extends PipelineTexts {
  /**
   * The file's name below `pipelines/` without extension: `experiments/xception`; of a file
   * elsewhere, `./xception`.
   */
  readonly name: string;
  /** Absolute path of the folder that holds `pipelines/`. */
  readonly root: string;
  readonly file: string;
  readonly stages: readonly Stage[];
  /**
   * Everything that decided this value: as long as none of it changes, the pipeline is the same.
   */
  readonly sources: PipelineSources;
}

/** The texts at the top of a pipeline's file. */
export interface PipelineTexts {
  readonly description?: string;
  /** Part of every fingerprint: changing it makes every stage stale. */
  readonly salt?: string;
}

/** A pipeline after `extends`, `include`, parameters and matrix are resolved. */
export interface Pipeline extends RunnablePipeline {
  /** In the order of the file; of the instances of a matrix the last axis varies fastest. */
  readonly stages: readonly LocatedStage[];
  /** What can become a stage only once another one has made a list, in the order of the file. */
  readonly pending: readonly PendingStage[];
  /** Both, in the order of the file. */
  readonly nodes: readonly PipelineNode[];
  /** The lists from which axes take their values, known or not, each once. */
  readonly lists: readonly ListOutput[];
  /** What the command line changes, and which files parameters chose. */
  readonly changes: readonly DescribedChange[];
  /** Why the stages are left out that a `when` leaves out, as a clause, by name. */
  readonly leftOut: ReadonlyMap<StageName, string>;
  /**
   * Mistakes that concern one stage alone, such as a program that cannot be read: the others can
   * run.
   */
  readonly broken: ReadonlyMap<StageName, Diagnostic>;
  /**
   * What is allowed but probably a slip: a parameter that no stage reads, a program that is no
   * input.
   */
  readonly warnings: readonly Diagnostic[];
}

/** An output of a stage whose rows are the values of an axis. */
export interface ListOutput {
  readonly stage: StageName;
  readonly port: string;
}

/** A list that a stage has made. */
export interface KnownList {
  readonly digest: Digest;
  /** Its text, under the path where it is published. */
  readonly source: SourceFile;
}

/** Lists that stages have made, by their names, such as `videos.list`. */
export type KnownLists = ReadonlyMap<string, KnownList>;

/**
 * What will be a stage, or all instances that an axis makes of one, once a list is known: of an
 * axis that takes its values from an output that is not made yet, and of what needs such a stage.
 */
export interface PendingStage {
  /** With `?` for a value that is not known: `fit[clip=?]`. */
  readonly name: StageName;
  readonly kind: string;
  readonly axes: Stage['axes'];
  /** As far as they are known. */
  readonly inputs: readonly LocatedInput[];
  readonly after: readonly StageName[];
  /** The stages that make the lists of its own axes. */
  readonly listedBy: readonly StageName[];
  /** The lists that its own axes wait for; none of what only needs other pending stages. */
  readonly awaited: readonly ListOutput[];
  readonly onDemand: boolean;
  /** The place where it will run, where the file names one. */
  readonly place?: string;
  /** What it will ask for, as far as the file says so now. */
  readonly resources: { readonly gpu: number; readonly nodes?: number };
  readonly at: Span;
}

/** A stage, known or pending. */
export type PipelineNode = LocatedStage | PendingStage;

export const isPending = (node: PipelineNode): node is PendingStage => 'awaited' in node;

export const isKnown = (node: PipelineNode): node is LocatedStage => !isPending(node);

/** One value that the command line changes, or a file that a parameter chose, in words. */
export interface DescribedChange {
  /** `params.epochs`, or `fit.batchSize`. */
  readonly name: string;
  readonly value: string;
  /** `--set`, or the line of a file: `fast.yaml:2`. */
  readonly from: string;
  /** The value that the pipeline's file has; absent where it has none, or another file does. */
  readonly before?: string;
}

export interface PipelineSources {
  /** Absolute paths of the YAML files. */
  readonly files: readonly string[];
  /** Absolute paths of the code of a project's own kinds and of Python programs. */
  readonly code: readonly string[];
  /**
   * Absolute paths that could select other files or inputs: folders by their names, and absent
   * paths that come first in a search.
   */
  readonly looked: readonly string[];
  /** Absolute paths of inputs that are written as paths, absent ones among them. */
  readonly inputs: readonly string[];
  /**
   * The matches of every glob, by pattern: paths relative to the root, POSIX, in code-unit order.
   */
  readonly globs: Readonly<Record<string, readonly string[]>>;
  /**
   * Every environment variable that a stage takes its value from; an unset one is null. Absent:
   * none.
   */
  readonly env?: Readonly<Record<string, string | null>>;
}

/** The settings of a stage. */
export interface StageSettings {
  /** Parsed by the kind, with defaults, as the stage gets them. */
  readonly settings: JsonObject;
  /** The same without those at their default, as the fingerprint has them. */
  readonly keyedSettings: JsonObject;
  /** The default of the setting at a path, completed by a given `part` of it; for messages. */
  readonly defaultOf?: (path: readonly string[], part?: Json) => Json | undefined;
}

/** What a stage's own matrix makes of it, beside the names of its axes. */
export interface MadeValues {
  /** Values that its own matrix drew, by name. */
  readonly drawn?: JsonObject;
  /**
   * The number of the trial, where its own matrix repeats it; absent for the first one, and without
   * trials.
   */
  readonly trial?: string;
}

/** Which settings decide nothing of a stage's checkpoints. */
export interface CheckpointSettings {
  /** Those that the name of its checkpoint leaves out; absent for a kind without checkpoints. */
  readonly checkpointsWithout?: readonly SettingPath[];
}

/** The part of a stage that a candidate in its slot decides. */
export interface CandidateStage extends StageSettings, CheckpointSettings, MadeValues {
  readonly inputs: readonly Input[];
}

/** Whether and how the checkpoints of a stage are named. */
export interface CheckpointRule extends CheckpointSettings {
  /** False: outputs are published, but not stored, and no checkpoint is kept. */
  readonly cache: boolean;
}

/** One named step: a kind with inputs, settings and outputs. */
export interface Stage extends CandidateStage, CheckpointRule {
  readonly name: StageName;
  /** Matrix values by axis (an axis of maps gives its `id`); empty without a matrix. */
  readonly axes: Readonly<Record<string, string>>;
  /**
   * For settings that a choice decides once the inputs are there; until then the stage has those of
   * the first candidate.
   */
  readonly slot?: ChosenSlot;
  /** For settings that a proposal decides; until then the stage has those of an example. */
  readonly trialOf?: ProposedTrial;
  readonly proposing?: Proposing;
  /** What fills its slot, once that is known: `slot 2 holds sample 6`. */
  readonly filling?: string;
  readonly kind: string;
  /**
   * A built-in kind's version, the digest of the imports of a project's own kind, or both for a
   * kind that finds code.
   */
  readonly kindVersion: number | string;
  readonly description?: string | undefined;
  readonly outputs: readonly Output[];
  /** Stages that must end before; nothing is read of them. */
  readonly after: readonly StageName[];
  /** The stages that made the lists from which its axes take their values; absent: none. */
  readonly listedBy?: readonly StageName[];
  readonly resources: Resources;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Milliseconds for one attempt. */
  readonly timeout?: number | undefined;
  /**
   * Values of declared environment variables, null where unset. The fingerprint has their hashes.
   */
  readonly env: Readonly<Record<string, string | null>>;
  /** Keeps its last result whatever its fingerprint. */
  readonly frozen: boolean;
  readonly onDemand: boolean;
  /**
   * The place of `places.yaml` where it runs; absent: that of the command. Never in the
   * fingerprint.
   */
  readonly place?: string | undefined;
  /**
   * Whether the kind computes with tfjs: then a backend that the user named is in the fingerprint.
   */
  readonly computes: boolean;
  /** For a kind that finds the code of a program. */
  readonly code?: StageCode;
}

/** The user's program that a stage runs. */
export interface StageCode extends ProgramStart {
  /** Absolute path of the program. */
  readonly program: string;
  /**
   * The stat signature of each of its files, by absolute path; empty for a file that may have
   * changed while it was read.
   */
  readonly signatures: Readonly<Record<string, string>>;
}

/** A stage's code, and what decided it. `version` is part of the fingerprint. */
export interface ProgramCode extends StageCode {
  readonly version: string;
  /** Absolute paths that decided which files it has, absent ones included. */
  readonly looked: readonly string[];
  /** What cannot be known of it before it runs: sentences that begin with file and line. */
  readonly warnings: readonly string[];
}

/**
 * How a chain of choices leads to a candidate: the first one by rank, each further one by the label
 * that the last one gave.
 */
export interface Choice {
  /**
   * The rank in the first choice, from 0. The label found there is the rank in the next one, from
   * 1.
   */
  readonly index: number;
  /** The axes whose labels each choice names. */
  readonly axes: readonly (readonly string[])[];
}

/** A slot whose candidate another stage chooses. */
export interface ChosenSlot extends Choice {
  /** The input with the choices. They only decide the settings: the stage does not read them. */
  readonly port: string;
  /** The stages that have the candidates of each choice, before their matrix makes instances. */
  readonly of: readonly string[];
  /** What the stage is for each candidate, by the label that the last choice names. */
  readonly candidates: ReadonlyMap<string, CandidateStage>;
}

/** A trial whose values another stage proposes. */
export interface ProposedTrial {
  /** The input with the proposal. It only decides the settings: the stage does not read it. */
  readonly port: string;
  /** From 1. */
  readonly number: number;
  /** What the stage is with proposed values; the error is a clause. A pure function. */
  settle(values: JsonObject): Result<CandidateStage, string>;
}

/** That a stage proposes a trial by those before it that have ended. */
export interface Proposing {
  /** The axis whose labels are the numbers of the trials. */
  readonly axis: string;
  /** The number of the trial that it proposes, from 1. */
  readonly trial: number;
  /** How many trials may be under way with this one. */
  readonly parallel: number;
  /**
   * The inputs with all trials before. Which of them the stage reads is decided when it is brought
   * up to date: those that have ended by then, or had when the trial was proposed before.
   */
  readonly history: readonly string[];
}

export interface Resources {
  /** Infinity stands for all cores of the machine. */
  readonly cpu: number;
  readonly gpu: number;
  /** In bytes. */
  readonly memory: number;
  /** Nodes of a cluster, which have these cores, cards and memory each; absent for one. */
  readonly nodes?: number;
  /** Processes that a launcher starts on each node; absent for one. */
  readonly tasks?: number;
}

export interface Input {
  readonly port: string;
  readonly list: boolean;
  readonly items: readonly InputItem[];
  /**
   * For outputs of the candidate in the stage's slot: the items by the label that the first choice
   * names. Until then `items` are those of the first candidate.
   */
  readonly bySlot?: ReadonlyMap<string, readonly InputItem[]>;
  /** The named parts that the stage reads; absent: all. */
  readonly parts?: readonly string[];
  /**
   * What the stage does with sealed parts; `hidden`: it does not see them, as a program that reads
   * what is there. Absent: it may not read them.
   */
  readonly sealed?: SealedUse | 'hidden';
  /** Where it may not read them: how it does its work all the same, as its kind says. */
  readonly sealedHint?: string;
}

export type InputItem = (
  | { readonly from: 'stage'; readonly stage: StageName; readonly port: string }
  /** `path` is absolute, for reading; `shown` is what the user wrote. */
  | { readonly from: 'path'; readonly path: string; readonly shown: string }
) & {
  /**
   * Labels that distinguish the items of a list port, or all axis values on a `labelled` port. Part
   * of the fingerprint.
   */
  readonly labels: Readonly<Record<string, string>>;
  /** For an item of a list that holds the trials of a search: where its values are. */
  readonly trial?: {
    readonly label: string;
    readonly proposal: { readonly stage: StageName; readonly port: string };
    /** Values that are labels, such as `trial.rate`, with the path that leads to each. */
    readonly fields: Readonly<Record<string, readonly string[]>>;
  };
  /**
   * For labels that a choice decides. Until then they are those of the first candidate; here are
   * those of each, by its label.
   */
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
  /**
   * The extension of the path, for a port that the file declares. A program may choose a format by
   * it, so the fingerprint has it.
   */
  readonly extension?: string;
  /** How a table of what there is counts, as the kind declares. */
  readonly counts?: TableCounts;
  /**
   * Whether it may hold something of single images, whatever its type: a port that the file
   * declares, or one of which its kind says so.
   */
  readonly ofImages?: true;
  /** The parts that will be sealed. */
  readonly sealed?: readonly string[];
}

/** A stage with the spans of the files that declare it: messages show them, a run needs none. */
export interface LocatedStage extends Stage {
  readonly inputs: readonly LocatedInput[];
  readonly outputs: readonly LocatedOutput[];
  readonly at: Span;
}

export interface LocatedInput extends Input {
  readonly at: Span;
}

export interface LocatedOutput extends Output {
  readonly at: Span;
}
