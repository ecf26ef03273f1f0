import type { RunOptions } from './api.ts';
import { findTarget, refuseSecondFile, type Target, type Words } from './find-target.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import type { OpenedProject } from './opened-project.ts';
import type { Selection } from './selection.ts';

/** What words and options ask of a pipeline. */
export interface TargetRequest extends Words {
  /** Settings, as `params.<name>=<YAML>`. */
  readonly set?: readonly string[];
  readonly downstream?: boolean;
}

/** The pipeline that words mean, and how they named it. */
interface OpenedTarget {
  readonly pipeline: LoadedPipeline;
  readonly target: Target;
  /** What the words say of its stages. */
  readonly chosen: RunOptions;
}

/**
 * Finds the pipeline that words mean, and reads it. Throws a `PipelineError` with every mistake.
 */
export async function openTarget(
  project: OpenedProject,
  { set, downstream = false, ...words }: TargetRequest,
): Promise<OpenedTarget> {
  const target = findTarget(words, project);
  const pipeline = await project.loadFile(target.file, set);
  refuseSecondFile(target, [...pipeline.checked.nodes.stages.keys()], project);
  const { stages, force, twice } = target;
  return { pipeline, target, chosen: { stages, downstream, force, twice } };
}

/** The stages that words mean, for what runs none. */
export async function openSelection(
  project: OpenedProject,
  request: TargetRequest,
): Promise<Selection & { readonly target: Target }> {
  const { pipeline, target, chosen } = await openTarget(project, request);
  return { ...(await pipeline.select(chosen)), target };
}
