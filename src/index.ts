import type { StageContext } from './stage.ts';

/** What a project's own kinds import: `import { defineKind, StageError } from 'restage'`. */
export { type Metrics, parseMetrics } from './learning/metrics/metrics-file.ts';
export { type Dataset, openDataset } from './learning/vision/dataset/open-dataset.ts';
export { readInput } from './read-input.ts';
export {
  type ArtifactType,
  type Checkpoint,
  type CheckpointStore,
  type CurvePoint,
  defineKind,
  type Facts,
  type Highlight,
  type InputArtifact,
  type InputPort,
  type KindSpec,
  type KnownInputs,
  type OutputPort,
  type Progress,
  type PublishedFile,
  type RunStage,
  type SettingMistake,
  type StageContext,
  StageError,
} from './stage.ts';

/**
 * Writes a Vega-Lite spec with its data as the artifact of an output of type `chart`, in the theme
 * of all charts: `chart.vl.json`, `chart.svg` and `chart.png`. The same spec gives the same bytes.
 * The stage warns of mistakes in it.
 */
export async function drawChart(
  context: Pick<StageContext, 'output' | 'warn'>,
  port: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<void> {
  // Loads Vega, which specs must not.
  const { renderOutput } = await import('./learning/charts/render-chart.ts');
  await renderOutput(context, port, spec as never);
}
