import type { LocatedStage, Pipeline, Stage, StageName } from '../engine/config/pipeline.ts';
import { type Diagnostic, DiagnosticList } from '../engine/diagnostics/diagnostic.ts';
import { type Graph, readBy } from '../engine/graph/graph.ts';
import { selectStages, stagesNamed } from '../engine/graph/select-stages.ts';
import type { PlanOptions, RunOptions } from './api.ts';
import type { LoadedKind } from './kinds/load-kinds.ts';
import { mistake, orThrow, PipelineError } from './pipeline-error.ts';

/** A pipeline that is without mistakes, and its graph. */
export interface CheckedPipeline {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Is told what is no mistake and belongs to no run. */
  readonly warn: (message: string) => void;
  readonly kinds: ReadonlyMap<string, LoadedKind>;
  readonly pipeline: Pipeline;
  readonly graph: Graph<LocatedStage>;
  /** Whether parameters were set. */
  readonly isSet: boolean;
  readonly warnings: readonly Diagnostic[];
}

/** What of a pipeline is asked for. */
export interface Selection extends CheckedPipeline {
  /** In an order in which no stage stands before one that it waits for. */
  readonly stages: readonly LocatedStage[];
  /** Those that were named; without names all that are not `onDemand`. */
  readonly named: readonly StageName[];
  /** Those that run even if the store has their result, including those that run twice. */
  readonly forced: ReadonlySet<StageName>;
  readonly twice: ReadonlySet<StageName>;
  /** Whether this is the pipeline as its file has it, with every stage. */
  readonly whole: boolean;
}

export interface SelectionOptions {
  readonly stages?: PlanOptions['stages'];
  readonly downstream?: boolean | undefined;
  readonly force?: PlanOptions['force'] | undefined;
  readonly twice?: RunOptions['twice'] | undefined;
}

/**
 * Picks stages. Throws a {@link PipelineError} for unknown ones, and with the mistakes of chosen
 * ones.
 */
export function select(
  checked: CheckedPipeline,
  { stages: names = [], downstream = false, ...options }: SelectionOptions,
): Selection {
  const { pipeline, graph, isSet } = checked;
  refuseLeftOut(pipeline, names);
  const { named, stages } = orThrow(selectStages(graph, names, { downstream }));
  refuseBroken(pipeline, stages);
  const selected = (option: SelectionOptions['force']): ReadonlySet<StageName> => {
    if (option === undefined) return new Set();
    return new Set(option === true ? stages : orThrow(selectStages(graph, option)).named);
  };
  const twice = selected(options.twice);
  return {
    ...checked,
    named,
    twice,
    stages: stages.map((name) => graph.stage(name)),
    forced: new Set([...selected(options.force), ...twice]),
    whole: names.length === 0 && !isSet,
  };
}

/** Says why there is no stage of a name that a `when` leaves out. */
function refuseLeftOut({ stages, leftOut }: Pipeline, names: readonly string[]): void {
  if (leftOut.size === 0) return;
  const present = stages.map(({ name }) => name);
  for (const word of names) {
    const [missing] = stagesNamed(word, leftOut.keys());
    if (missing === undefined || stagesNamed(word, present).length > 0) continue;
    const message = `The stage "${missing}" is left out: ${leftOut.get(missing)!}`;
    throw mistake('unknown-stage', message, 'Set the parameters that its `when` asks for.');
  }
}

/** Throws the mistakes of the chosen stages alone. */
function refuseBroken({ broken }: Pipeline, stages: readonly StageName[]): void {
  const mistakes = new DiagnosticList();
  for (const name of stages) if (broken.has(name)) mistakes.add(broken.get(name)!);
  if (!mistakes.isEmpty) throw new PipelineError(mistakes.inOrder());
}

/** The named stages that no other one reads: what a run is for. */
export function finalsOf(
  named: readonly StageName[],
  stages: readonly Stage[],
): ReadonlySet<StageName> {
  const read = new Set(stages.flatMap(readBy));
  return new Set(named.filter((name) => !read.has(name)));
}
