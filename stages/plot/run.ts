import { renderChart } from '../../src/charts/render-chart.ts';
import { type RunStage, StageError } from '../../src/stage.ts';
import type { DrawForm } from './form.ts';
import { type FormName, formOf, formPorts } from './forms.ts';
import type { PlotSettings } from './spec.ts';

/** One file for each form, loaded when it is the one. */
const drawings: Readonly<Record<FormName, () => Promise<{ readonly draw: DrawForm }>>> = {
  curves: () => import('./curves.ts'),
  components: () => import('./components.ts'),
  samples: () => import('./samples.ts'),
  batch: () => import('./batch.ts'),
  statistics: () => import('./statistics.ts'),
  comparison: () => import('./comparison.ts'),
  histogram: () => import('./histogram.ts'),
  confusion: () => import('./confusion.ts'),
  errors: () => import('./errors.ts'),
  forest: () => import('./forest.ts'),
  heatmap: () => import('./heatmap.ts'),
  lines: () => import('./lines.ts'),
  free: () => import('./free.ts'),
};

const run: RunStage<PlotSettings> = async (context) => {
  const connected = new Set(formPorts.filter((port) => context.inputs(port).length > 0));
  const form = formOf(context.settings.chart, connected);
  if (connected.size === 0 || form === undefined)
    throw new StageError('Expected at least one artifact to draw, got an empty list.');
  const { draw } = await drawings[form]();
  await renderChart(await draw(context), context.output('chart'), (line) => context.warn(line));
};
export default run;
