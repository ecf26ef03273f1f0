import { existsSync, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { backendNames } from '../backend/select/backend-names.ts';
import { loadPipeline } from '../engine/config/load-pipeline.ts';
import type {
  LocatedStage,
  Pipeline,
  PipelineSources,
  StageName,
} from '../engine/config/pipeline.ts';
import { findRoot } from '../engine/config/pipeline-files.ts';
import { checkPlaces, loadPlaces, type Places } from '../engine/config/places.ts';
import { loadStoreFile, storeFile } from '../engine/config/store-file.ts';
import { type Diagnostic, DiagnosticList } from '../engine/diagnostics/diagnostic.ts';
import type { Traffic } from '../engine/events.ts';
import { machineCapacity } from '../engine/execution/admission.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { isReadOnly, WriteError } from '../engine/files/write-error.ts';
import { Graph, readBy, selectStages } from '../engine/graph/graph.ts';
import type { FetchPolicy, World } from '../engine/plan/examine.ts';
import { type PlannedStage, plan } from '../engine/plan/plan.ts';
import { findCode, findLoaded, LoadedCode } from '../engine/store/find-code.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import { findTarget, refuseSecondFile, type Target, type Words } from './find-target.ts';
import { kindWarnings, type LoadedKind, loadKinds } from './kinds/load-kinds.ts';
import { mistake, orThrow, PipelineError } from './pipeline-error.ts';

/** Tells whoever opened a project what no mistake is. */
type Warn = (message: string) => void;

/** What is asked of a pipeline. */
export interface Request extends Words {
  readonly warn: Warn;
  readonly set?: readonly string[];
  readonly downstream?: boolean;
  /** Is told what the pipeline was read from, also where it has mistakes. */
  readonly onSources?: ((sources: PipelineSources) => void) | undefined;
}

/** A pipeline that is without mistakes, and what of it is asked for. */
export interface Project {
  readonly root: string;
  readonly kinds: ReadonlyMap<string, LoadedKind>;
  readonly pipeline: Pipeline;
  readonly graph: Graph<LocatedStage>;
  /** In an order in which no stage stands before one that it waits for. */
  readonly stages: readonly LocatedStage[];
  /** Those that the words name; without such words all that are not `onDemand`. */
  readonly named: readonly StageName[];
  /** Those that run even if the store has their result, including those that run twice. */
  readonly forced: ReadonlySet<StageName>;
  readonly twice: ReadonlySet<StageName>;
  /** Whether this is the pipeline as its file has it, with every stage. */
  readonly whole: boolean;
  readonly warnings: readonly Diagnostic[];
  readonly found: Target;
  readonly warn: Warn;
}

/**
 * Finds, reads and checks the pipeline, and picks the stages. Throws a {@link PipelineError} with
 * every mistake.
 */
export async function openProject({
  set = [],
  downstream = false,
  onSources,
  warn,
  ...words
}: Request): Promise<Project> {
  const root = projectRoot();
  const found = findTarget(words, root);
  const own = await loadKinds(root, warn);
  const { kinds, unloaded } = own;
  const pipeline = orThrow(
    await loadPipeline({ root, file: found.file, kinds, unloaded, set, findCode, onSources }),
  );
  const graph = new Graph(pipeline);
  refuseSecondFile(found, [...graph.stages.keys()], root);
  const { named, stages } = orThrow(selectStages(graph, found.stages, { downstream }));
  refuseBroken(pipeline, stages);
  const selected = (option: Words['force']): ReadonlySet<StageName> => {
    if (option === undefined) return new Set();
    return new Set(option === true ? stages : orThrow(selectStages(graph, option)).named);
  };
  const twice = selected(found.twice);
  const used = pipeline.stages.map(({ kind }) => kind);
  return {
    root,
    warn,
    found,
    kinds,
    pipeline,
    graph,
    named,
    twice,
    stages: stages.map((name) => graph.stage(name)),
    forced: new Set([...selected(found.force), ...twice]),
    whole: found.stages.length === 0 && set.length === 0,
    warnings: [...kindWarnings(own, used), ...pipeline.warnings],
  };
}

/** Throws the mistakes of the chosen stages alone. */
function refuseBroken({ broken }: Pipeline, stages: readonly StageName[]): void {
  const mistakes = new DiagnosticList();
  for (const name of stages) if (broken.has(name)) mistakes.add(broken.get(name)!);
  if (!mistakes.isEmpty) throw new PipelineError(mistakes.inOrder());
}

/**
 * The places of the project. Throws the mistakes of `places.yaml`, and of stages that ask for what
 * their place lacks.
 */
export function openPlaces({ root, kinds, stages }: Project, on: string | undefined): Places {
  const places = orThrow(loadPlaces(root, kinds));
  const mistakes = checkPlaces(stages, places, { on, gpus: machineCapacity(places.localGpus).gpu });
  if (mistakes.length > 0) throw new PipelineError(mistakes);
  return places;
}

/**
 * The absolute path of the project around the working directory. Throws a {@link PipelineError}
 * where there is none.
 */
export function projectRoot(): string {
  const root = findRoot(process.cwd());
  if (root !== undefined) {
    checkCache(join(root, 'cache'));
    return root;
  }
  const message = `There is no project here: no folder named "pipelines" in ${process.cwd()} or above it`;
  throw mistake('no-project', message, 'Begin one with: restage init');
}

/**
 * Throws a mistake where the cache can be no folder: every command would fail at another file in
 * it.
 */
function checkCache(cache: string): void {
  const isThere = lstatSync(cache, { throwIfNoEntry: false }) !== undefined;
  const target = isThere ? statSync(cache, { throwIfNoEntry: false }) : undefined;
  if (!isThere || target?.isDirectory()) return;
  const what = target === undefined ? 'is a link that leads nowhere' : 'is not a folder';
  const hint =
    target === undefined ? 'Make the folder that it names, or remove the link.' : 'Move it away.';
  throw mistake(
    'wrong-value',
    `${cache} ${what}, but Restage keeps the results of the project there`,
    hint,
  );
}

/** How facts about stages are looked up. */
export interface WorldOptions {
  readonly rehash?: boolean | undefined;
  /** False: the shared store is left out. */
  readonly store?: boolean | undefined;
  readonly fetch?: FetchPolicy['mode'] | undefined;
  readonly onTraffic?: (traffic: Traffic) => void;
}

/**
 * Collects what stages are decided from. `warn` gets a message about damage in the store; `rehash`
 * ignores remembered digests.
 */
export async function makeWorld(
  project: Project,
  backend: string,
  warn: (message: string) => void,
  { rehash = false, fetch = 'needed', ...options }: WorldOptions = {},
): Promise<World> {
  const { root, kinds, pipeline, graph, forced } = project;
  const store = await openStore(root, warn, options);
  return {
    fetches: { mode: fetch, finals: finalsOf(project) },
    pipeline,
    graph,
    store,
    digests: new DigestIndex(store.folder, { rehash }),
    listings: new Map(),
    backend: backend === 'auto' ? undefined : backend,
    backends: backendNames.filter((name) => name !== 'auto'),
    forced,
    loadedCode: new LoadedCode((stage, loaded) =>
      findLoaded(kinds.get(stage.kind)!.spec, stage, root, loaded),
    ),
  };
}

/**
 * The project's store, with the shared one of its `store.yaml`. The code for that is loaded where
 * there is one.
 */
export async function openStore(
  root: string,
  warn: (message: string) => void,
  { store, onTraffic }: WorldOptions = {},
): Promise<FolderStore> {
  if (store === false || !existsSync(storeFile(root))) return new FolderStore(root, warn);
  const spec = orThrow(loadStoreFile(root))!;
  const { SharedStore } = await import('../engine/store/remote/shared-store.ts');
  return await SharedStore.open(root, spec, {
    warn,
    ...(onTraffic !== undefined && { onTraffic }),
  });
}

/** The named stages that no other one reads: what a run is for. */
export function finalsOf({
  named,
  stages,
}: Pick<Project, 'named' | 'stages'>): ReadonlySet<StageName> {
  const read = new Set(stages.flatMap(readBy));
  return new Set(named.filter((name) => !read.has(name)));
}

/**
 * The plan of a project, for a command that only looks. It keeps what it learned of files, unless
 * the disk is read-only.
 */
export async function planProject(
  project: Project,
  backend = 'auto',
  options: WorldOptions = {},
): Promise<readonly PlannedStage[]> {
  const world = await makeWorld(project, backend, project.warn, options);
  const planned = await plan(project.stages, world).finally(() => world.store.close());
  try {
    world.digests.save();
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    if (!isReadOnly(error)) project.warn(error.message);
  }
  return planned;
}
