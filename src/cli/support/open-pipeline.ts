import type { RunOptions } from '../../project/api.ts';
import type { LoadedPipeline } from '../../project/loaded-pipeline.ts';
import { OpenedProject } from '../../project/opened-project.ts';
import { projectRoot } from '../../project/project-root.ts';
import { type Selection, select } from '../../project/selection.ts';
import { warnOnStderr } from './command-error.ts';
import { findTarget, refuseSecondFile, type Target, type Words } from './find-target.ts';

/** The project around the working directory. Throws a `PipelineError` where there is none. */
export const openHere = (): OpenedProject =>
  new OpenedProject(process.cwd(), { onWarning: warnOnStderr });

/** The absolute path of the project around the working directory. */
export const currentRoot = (): string => projectRoot(process.cwd());

/** What a command asks of a pipeline. */
export interface Request extends Words {
  readonly set?: readonly string[];
  readonly downstream?: boolean;
}

/** The pipeline that a command means, and how its words found it. */
interface FoundPipeline {
  readonly pipeline: LoadedPipeline;
  readonly target: Target;
  /** What the words say of its stages. */
  readonly chosen: RunOptions;
}

/** Finds the pipeline of a command and reads it. Throws a `PipelineError` with every mistake. */
export async function openPipeline(
  project: OpenedProject,
  { set, downstream = false, ...words }: Request,
): Promise<FoundPipeline> {
  const target = findTarget(words, project.root);
  const pipeline = await project.loadFile(target.file, set);
  refuseSecondFile(target, [...pipeline.checked.graph.stages.keys()], project.root);
  const { stages, force, twice } = target;
  return { pipeline, target, chosen: { stages, downstream, force, twice } };
}

/** The stages that the words of a command mean, for one that runs none. */
export async function openSelection(
  request: Request,
): Promise<Selection & { readonly target: Target }> {
  const { pipeline, target, chosen } = await openPipeline(openHere(), request);
  return { ...select(pipeline.checked, chosen), target };
}
