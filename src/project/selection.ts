import {
  isKnown,
  isPending,
  type KnownLists,
  type LocatedStage,
  type PendingStage,
  type Pipeline,
  type PipelineNode,
  type StageName,
} from '../engine/config/pipeline.ts';
import { listName, noValues } from '../engine/config/stages/axis-lists.ts';
import { type Diagnostic, DiagnosticList } from '../engine/diagnostics/diagnostic.ts';
import { type Graph, type GraphNode, readBy } from '../engine/graph/graph.ts';
import { selectStages, stagesNamed } from '../engine/graph/select-stages.ts';
import type { PlannedPending } from '../engine/plan/plan.ts';
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
  /** The same with the stages that are pending. */
  readonly nodes: Graph<PipelineNode>;
  /** The lists of stages with which the file was resolved. */
  readonly lists: KnownLists;
  /** What is wrong with other lists, by their names: what awaits them stays pending. */
  readonly wrongLists: ReadonlyMap<string, readonly Diagnostic[]>;
  /**
   * The pipeline with these lists. Throws a {@link PipelineError}, and a `UserError` if its file
   * has changed.
   */
  readonly resolve: (lists: KnownLists) => Promise<CheckedPipeline>;
  /** Whether parameters were set. */
  readonly isSet: boolean;
  readonly warnings: readonly Diagnostic[];
}

/** What of a pipeline is asked for. */
export interface Selection extends CheckedPipeline {
  /** In an order in which no stage stands before one that it waits for. */
  readonly stages: readonly LocatedStage[];
  /** Chosen stages that a list will make, in an order of their own. */
  readonly pending: readonly PendingStage[];
  /** Those that were named; without names all that are not `onDemand`. */
  readonly named: readonly StageName[];
  /** Those that run even if the store has their result, including those that run twice. */
  readonly forced: ReadonlySet<StageName>;
  readonly twice: ReadonlySet<StageName>;
  /** Whether this is the pipeline as its file has it, with every stage. */
  readonly whole: boolean;
  /** What was asked for, to be asked again once further lists are known. */
  readonly asked: SelectionOptions;
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
export function select(checked: CheckedPipeline, asked: SelectionOptions): Selection {
  const { stages: names = [], downstream = false, ...options } = asked;
  const { pipeline, nodes, isSet } = checked;
  refuseLeftOut(pipeline, names);
  const { named, stages } = orThrow(selectStages(nodes, names, { downstream }));
  refuseBroken(pipeline, stages);
  const selected = (option: SelectionOptions['force']): ReadonlySet<StageName> => {
    if (option === undefined) return new Set();
    return new Set(option === true ? stages : orThrow(selectStages(nodes, option)).named);
  };
  const wanted = stages.map((name) => nodes.stage(name));
  refuseWrongLists(checked, wanted);
  const twice = selected(options.twice);
  return {
    ...checked,
    named,
    twice,
    stages: wanted.filter(isKnown),
    pending: wanted.filter(isPending),
    forced: new Set([...selected(options.force), ...twice]),
    whole: names.length === 0 && !isSet,
    asked,
  };
}

/** What is said of a pending stage instead of a decision. */
export function pendingDecision(
  { name, awaited }: PendingStage,
  { nodes }: CheckedPipeline,
): PlannedPending['decision'] {
  const needed = nodes.dependencies(name).filter((source) => isPending(nodes.stage(source)));
  return { state: 'pending', lists: awaited.map(listName), for: needed };
}

/** The selected nodes in their order: known stages and pending ones. */
export const selectedNodes = ({ nodes, stages, pending }: Selection): readonly PipelineNode[] => {
  const names = new Set([...stages, ...pending].map(({ name }) => name));
  return nodes.order.filter((name) => names.has(name)).map((name) => nodes.stage(name));
};

/** Says why there is no stage of a name that a `when` leaves out. */
function refuseLeftOut({ nodes, leftOut }: Pipeline, names: readonly string[]): void {
  if (leftOut.size === 0) return;
  const present = nodes.map(({ name }) => name);
  for (const word of names) {
    const [missing] = stagesNamed(word, leftOut.keys());
    if (missing === undefined || stagesNamed(word, present).length > 0) continue;
    const message = `The stage "${missing}" is left out: ${leftOut.get(missing)!}`;
    const hasEmptyLists = [...leftOut.values()].some((why) => why.endsWith(noValues));
    const hint = hasEmptyLists ? undefined : 'Set the parameters that its `when` asks for.';
    throw mistake('unknown-stage', message, hint);
  }
}

/** Throws what is wrong with the lists that chosen stages await. */
function refuseWrongLists({ wrongLists }: CheckedPipeline, chosen: readonly PipelineNode[]): void {
  if (wrongLists.size === 0) return;
  const lists = chosen.flatMap((node) => (isPending(node) ? node.awaited : []));
  const awaited = new Set(lists.map(listName));
  const mistakes = [...wrongLists].flatMap(([name, found]) => (awaited.has(name) ? found : []));
  if (mistakes.length > 0) throw new PipelineError(mistakes);
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
  nodes: readonly GraphNode[],
): ReadonlySet<StageName> {
  const read = new Set(nodes.flatMap(readBy));
  return new Set(named.filter((name) => !read.has(name)));
}
