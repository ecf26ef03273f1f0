import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { DrawForm } from './forms/draw-form.ts';
import { type FormName, formOf, formPorts } from './forms/forms.ts';
import type { PlotSettings } from './forms/settings.ts';

/** A module for each form, loaded when it is drawn. */
const drawings: Readonly<Record<FormName, () => Promise<{ readonly draw: DrawForm }>>> = {
  curves: () => import('./history/curves.ts'),
  components: () => import('./features/components.ts'),
  neighbours: () => import('./features/neighbours.ts'),
  samples: () => import('./dataset/samples.ts'),
  batch: () => import('./dataset/batch.ts'),
  statistics: () => import('./dataset/statistics.ts'),
  comparison: async () => ({ draw: (await import('./dataset/samples.ts')).drawComparison }),
  histogram: () => import('./scores/histogram.ts'),
  confusion: () => import('./scores/confusion.ts'),
  errors: () => import('./scores/errors.ts'),
  'label-errors': () => import('./scores/label-errors.ts'),
  forest: () => import('./metrics/forest.ts'),
  heatmap: () => import('./metrics/heatmap.ts'),
  lines: () => import('./metrics/lines.ts'),
  free: () => import('./table/free.ts'),
};

export default async function run(context: StageContext<PlotSettings>): Promise<void> {
  const connected = new Set(formPorts.filter((port) => context.inputs(port).length > 0));
  const form = formOf(context.settings.chart, connected);
  if (connected.size === 0 || form === undefined)
    throw new StageError('Expected at least one artifact to draw, got an empty list.');
  const { draw } = await drawings[form]();
  await renderOutput(context, 'chart', await draw(context));
}
