import { loadPipeline } from '../engine/config/load-pipeline.ts';
import type { Pipeline, Stage, StageName } from '../engine/config/pipeline.ts';
import { findRoot } from '../engine/config/pipeline-files.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { Graph } from '../engine/graph/graph.ts';
import { selectStages } from '../engine/graph/select-stages.ts';
import { err, ok, type Result } from '../result.ts';
import { MistakesError } from './command-error.ts';
import { findTarget, secondFile, type Target, type Words } from './find-target.ts';
import { kindWarnings, type LoadedKind, loadKinds } from './load-kinds.ts';

/** What a command asks for. */
export interface Request extends Words {
  readonly set?: readonly string[];
  readonly downstream?: boolean;
}

/** A pipeline that is without mistakes, and what of it is asked for. */
export interface Project {
  readonly root: string;
  readonly kinds: ReadonlyMap<string, LoadedKind>;
  readonly pipeline: Pipeline;
  readonly graph: Graph;
  /** In an order in which no stage stands before one that it waits for. */
  readonly stages: readonly Stage[];
  /** Those that the words name; all that are not `onDemand` where they name none. */
  readonly named: readonly StageName[];
  /** Those that run whatever is known, also those that run twice. */
  readonly forced: ReadonlySet<StageName>;
  readonly twice: ReadonlySet<StageName>;
  /** Whether this is the pipeline as its file has it, with every stage. */
  readonly whole: boolean;
  /** What stops nothing, and the user should know. */
  readonly warnings: readonly Diagnostic[];
  /** How its file was found. */
  readonly found: Pick<Target, 'file' | 'word'>;
}

/** Finds, reads and checks the pipeline, and picks the stages. Every mistake comes back as a diagnostic. */
export async function openProject(request: Request): Promise<Result<Project, readonly Diagnostic[]>> {
  const root = projectRoot();
  const target = findTarget(request, root);
  if (!target.ok) return target;
  const own = await loadKinds(root);
  const { kinds, unloaded } = own;
  const loaded = await loadPipeline({ root, file: target.value.file, kinds, unloaded, set: request.set ?? [] });
  if (!loaded.ok) return loaded;

  const pipeline = loaded.value;
  const graph = new Graph(pipeline);
  const second = secondFile(target.value, [...graph.stages.keys()], root);
  if (second !== undefined) return err([second]);
  const selected = selectStages(graph, target.value.stages, { downstream: request.downstream ?? false });
  if (!selected.ok) return selected;
  const { named } = selected.value;
  const stages = selected.value.stages.map((name) => graph.stage(name));
  const forced = forcedStages(target.value.force, graph, stages);
  if (!forced.ok) return forced;
  const twice = forcedStages(target.value.twice, graph, stages);
  if (!twice.ok) return twice;
  const whole = target.value.stages.length === 0 && (request.set ?? []).length === 0;
  return ok({
    whole,
    found: target.value,
    root,
    kinds,
    pipeline,
    graph,
    stages,
    named,
    forced: new Set([...forced.value, ...twice.value]),
    twice: twice.value,
    warnings: [
      ...kindWarnings(
        own,
        pipeline.stages.map(({ kind }) => kind),
      ),
      ...pipeline.warnings,
    ],
  });
}

function forcedStages(
  force: true | readonly string[] | undefined,
  graph: Graph,
  stages: readonly Stage[],
): Result<ReadonlySet<StageName>, readonly Diagnostic[]> {
  if (force === undefined) return ok(new Set());
  if (force === true) return ok(new Set(stages.map(({ name }) => name)));
  const selected = selectStages(graph, force, { downstream: false });
  return selected.ok ? ok(new Set(selected.value.named)) : selected;
}

/** The folder of the project that the command was started in. */
export function projectRoot(): string {
  const root = findRoot(process.cwd());
  if (root === undefined) throw new MistakesError([noProject()]);
  return root;
}

/** The mistake of being outside any project. */
function noProject(): Diagnostic {
  const message = `There is no project here: no folder named "pipelines" in ${process.cwd()} or above it`;
  return { code: 'no-project', message, hint: 'Begin one with: restage init' };
}
