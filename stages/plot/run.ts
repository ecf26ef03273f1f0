import { readFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { withLabels } from '../../src/charts/chart-title.ts';
import { renderChart } from '../../src/charts/render-chart.ts';
import { principalComponents } from '../../src/metrics/principal-components.ts';
import { type InputArtifact, type RunStage, StageError } from '../../src/stage.ts';
import { parseHistory } from '../../src/training/history.ts';
import { openFeatures } from '../../src/vision/open-features.ts';
import { defaultTitle, historyChart } from './chart.ts';
import { featuresChart, featuresTitle } from './features-chart.ts';
import type { PlotSettings } from './spec.ts';

const run: RunStage<PlotSettings> = async (context) => {
  const [features] = context.inputs('features');
  const spec =
    features === undefined
      ? ofHistory(context.input('history'), context.settings)
      : ofFeatures(features, context.settings);
  await renderChart(spec, context.output('chart'), (line) => context.warn(line));
};
export default run;

function ofHistory({ path, labels }: InputArtifact, { title }: PlotSettings): TopLevelSpec {
  const history = parseHistory(readFileSync(path, 'utf8'));
  if (!history.ok) throw new StageError(`input "history": ${history.error}`);
  if (history.value.epochs.length === 0) throw new StageError('input "history": expected at least one epoch, got none');
  return historyChart(history.value, title ?? withLabels(defaultTitle, labels));
}

function ofFeatures({ path, labels }: InputArtifact, { title, split }: PlotSettings): TopLevelSpec {
  const { classes, values, ...opened } = openFeatures(path);
  const { samples, features } = opened.split(split);
  if (samples.length === 0) throw new StageError(`Expected images in the split "${split}", got none.`);
  const { coordinates, shares } = principalComponents(features, values);
  const rounded = (value: number) => Number(value.toPrecision(6)); // what can be seen, in a file of half the size
  const points = samples.map(({ key, class: name }, i) => ({
    ...{ key, class: name },
    first: rounded(coordinates[2 * i]!),
    second: rounded(coordinates[2 * i + 1]!),
  }));
  const plane = { split, classes, values, points, shares };
  return featuresChart(plane, title ?? withLabels(featuresTitle(split), labels));
}
