import { readFileSync } from 'node:fs';
import { withLabels } from '../../src/charts/chart-title.ts';
import { renderChart } from '../../src/charts/render-chart.ts';
import { type RunStage, StageError } from '../../src/stage.ts';
import { parseHistory } from '../../src/training/history.ts';
import { defaultTitle, historyChart } from './chart.ts';

const run: RunStage<{ readonly title?: string | undefined }> = async (context) => {
  const history = parseHistory(readFileSync(context.input('history').path, 'utf8'));
  if (!history.ok) throw new StageError(`input "history": ${history.error}`);
  if (history.value.epochs.length === 0) throw new StageError('input "history": expected at least one epoch, got none');
  const spec = historyChart(
    history.value,
    context.settings.title ?? withLabels(defaultTitle, context.input('history').labels),
  );
  await renderChart(spec, context.output('chart'), (line) => context.warn(line));
};
export default run;
