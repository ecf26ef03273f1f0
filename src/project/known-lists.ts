import type { KnownList, ListOutput, StageName } from '../engine/config/pipeline.ts';
import { listName } from '../engine/config/stages/axis-lists.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { selectStages } from '../engine/graph/select-stages.ts';
import type { Workspace } from '../engine/plan/examine.ts';
import { plan } from '../engine/plan/plan.ts';
import { readList } from '../engine/plan/read-list.ts';
import type { StoredArtifact } from '../engine/store/stage-result.ts';
import type { Result } from '../result.ts';
import { PipelineError } from './pipeline-error.ts';
import {
  type CheckedPipeline,
  type Selection,
  type SelectionOptions,
  select,
} from './selection.ts';
import { openWorkspace, saveDigests, type WorkspaceOptions } from './workspace.ts';

/** What decides which stages are up to date before a run. */
export interface ListOptions extends SelectionOptions, WorkspaceOptions {
  readonly backend?: string;
}

/** Lists that were read, or what is wrong with them, by name. */
export type FoundLists = ReadonlyMap<string, Result<KnownList, Diagnostic>>;

/**
 * The pipeline with all lists that are known before a run: those of stages that are up to date, or
 * restorable, and would not be forced. A list may lead to the stage that makes another one.
 */
export async function withListsBefore(
  checked: CheckedPipeline,
  options: ListOptions,
): Promise<CheckedPipeline> {
  if (checked.pipeline.lists.length === 0) return checked;
  const first = checked.lists.size === 0 ? checked : await checked.resolve(new Map());
  const { backend = 'auto' } = options;
  return await withLists(first, async (current, asked) => {
    const wanted = asked.filter(({ stage }) => isSound(current, stage));
    if (wanted.length === 0) return new Map();
    const selection = selectionOf(current, wanted, options);
    const workspace = await openWorkspace(selection, backend, current.warn, options);
    try {
      return await listsOf(selection, wanted, workspace);
    } finally {
      await workspace.store.close();
      saveDigests(workspace.digests, current);
    }
  });
}

/** Finds some of the lists that a pipeline does not know yet. */
type FindLists = (current: CheckedPipeline, wanted: readonly ListOutput[]) => Promise<FoundLists>;

/** The pipeline with every list that is found, round after round until no further one is. */
export async function withLists(first: CheckedPipeline, find: FindLists): Promise<CheckedPipeline> {
  for (let current = first; ; ) {
    const { lists, wrongLists, graph } = current;
    const wanted = current.pipeline.lists.filter((list) => {
      const name = listName(list);
      return !lists.has(name) && !wrongLists.has(name) && graph.stages.has(list.stage);
    });
    const found = wanted.length === 0 ? new Map() : await find(current, wanted);
    if (found.size === 0) return current;
    current = await extended(current, found);
  }
}

/** The pipeline with further lists. One with which its file has mistakes counts as wrong. */
async function extended(
  { resolve, ...current }: CheckedPipeline,
  found: FoundLists,
): Promise<CheckedPipeline> {
  const read = [...found].flatMap(([name, list]) => (list.ok ? [[name, list.value] as const] : []));
  const wrong = [...found].flatMap(([name, list]) =>
    list.ok ? [] : [[name, [list.error]] as const],
  );
  const wrongLists = new Map<string, readonly Diagnostic[]>([...current.wrongLists, ...wrong]);
  if (read.length === 0) return { ...current, resolve, wrongLists };
  try {
    return { ...(await resolve(new Map([...current.lists, ...read]))), wrongLists };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const [[name]] = read as [readonly [string, KnownList]];
    if (read.length === 1) {
      return { ...current, resolve, wrongLists: wrongLists.set(name, error.mistakes) };
    }
  }
  // One after the other, so that a wrong list does not keep the others from being used.
  let next: CheckedPipeline = { ...current, resolve, wrongLists };
  for (const [name, value] of read)
    next = await extended(next, new Map([[name, { ok: true, value }]]));
  return next;
}

/** Whether neither a stage nor one that it needs has a program that cannot be read. */
function isSound({ graph, pipeline }: CheckedPipeline, stage: StageName): boolean {
  const chosen = selectStages(graph, [stage]);
  return chosen.ok && !chosen.value.stages.some((name) => pipeline.broken.has(name));
}

/** The stages that make lists, with all that they need, as a run with these options has them. */
function selectionOf(
  checked: CheckedPipeline,
  wanted: readonly ListOutput[],
  options: SelectionOptions,
): Selection {
  const selection = select({ ...checked, wrongLists: new Map() }, options);
  const names = wanted.map(({ stage }) => stage);
  const chosen = selectStages(checked.graph, names);
  const stages = chosen.ok ? chosen.value.stages : [];
  return {
    ...selection,
    named: names,
    stages: stages.map((name) => checked.graph.stage(name)),
    pending: [],
  };
}

/** The lists of those stages that are up to date, or restorable. */
async function listsOf(
  { stages }: Selection,
  wanted: readonly ListOutput[],
  workspace: Workspace,
): Promise<FoundLists> {
  const planned = await plan(stages, workspace);
  const outputs = new Map<StageName, Readonly<Record<string, StoredArtifact>>>();
  for (const { stage, decision, examined } of planned) {
    const isKnown = decision.state === 'up to date' || decision.state === 'restorable';
    if (isKnown && examined?.result) outputs.set(stage.name, examined.result.outputs);
  }
  return await readLists(wanted, workspace, (stage) => outputs.get(stage));
}

/** Reads the lists whose stages have outputs. */
export async function readLists(
  wanted: readonly ListOutput[],
  workspace: Workspace,
  outputsOf: (stage: StageName) => Readonly<Record<string, StoredArtifact>> | undefined,
): Promise<FoundLists> {
  const found = new Map<string, Result<KnownList, Diagnostic>>();
  for (const list of wanted) {
    const artifact = outputsOf(list.stage)?.[list.port];
    const read = artifact && (await readList({ ...list, artifact }, workspace));
    if (read !== undefined) found.set(listName(list), read);
  }
  return found;
}
