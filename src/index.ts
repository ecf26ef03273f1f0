import type { TopLevelSpec } from 'vega-lite';
import type { Project, ProjectOptions } from './project/api.ts';
import type { ChartContext } from './stage.ts';

// What programs and a project's own kinds import from 'restage'. A spec imports it too, so it loads
// little: what is heavier is loaded by the functions that need it.

export { type Metrics, parseMetrics } from './learning/metrics/metrics-file.ts';
export { type Dataset, openDataset } from './learning/vision/dataset/open-dataset.ts';
export type {
  LoadOptions,
  Pipeline,
  PipelineDiagnostic,
  Plan,
  PlanOptions,
  Project,
  ProjectChanges,
  ProjectOptions,
  Run,
  RunOptions,
  RunResult,
  StageCurve,
  StageInfo,
  StageOutputs,
  StagePlan,
  StageResult,
  StageRow,
} from './project/api.ts';
export { PipelineError } from './project/pipeline-error.ts';
export { readInput } from './read-input.ts';
export type { PipelineEvent } from './reporting/pipeline-event.ts';
export { runCommand } from './run-command.ts';
export {
  defineScheduler,
  type JobClass,
  type JobIdentity,
  type JobPhase,
  type JobRequest,
  type JobState,
  type ListedJob,
  type PlaceKeys,
  type Scheduler,
  type SchedulerForm,
  SubmitError,
} from './scheduler.ts';
export {
  type ArtifactType,
  type Checkpoint,
  type CheckpointStore,
  type ContentsCheck,
  type ContentsQuestion,
  type CurvePoint,
  defineKind,
  type Facts,
  type Highlight,
  type InputArtifact,
  type InputPort,
  type KindSpec,
  type KnownInputs,
  type OutputPort,
  type Piece,
  type PieceStore,
  type Progress,
  type PublishedFile,
  type RunStage,
  type SettingMistake,
  type StageContext,
  StageError,
} from './stage.ts';

/**
 * Opens the project around a folder, by default the working directory. Rejects with a
 * {@link PipelineError} where there is none.
 */
export async function openProject(folder = '.', options: ProjectOptions = {}): Promise<Project> {
  const { OpenedProject } = await import('./project/opened-project.ts');
  return new OpenedProject(folder, options);
}

/**
 * Writes a Vega-Lite spec with its data as the artifact of an output of type `chart`, in the theme
 * of all charts: `chart.vl.json`, `chart.svg` and `chart.png`. The same spec gives the same bytes.
 * The stage warns of mistakes in it.
 */
export async function drawChart(
  context: ChartContext,
  port: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<void> {
  // Loads Vega, which specs must not.
  const { renderOutput } = await import('./learning/charts/render-chart.ts');
  // Vega-Lite warns of what is wrong in it.
  await renderOutput(context, port, spec as typeof spec & TopLevelSpec);
}
