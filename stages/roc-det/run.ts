import { writeFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { renderChart } from '../../src/charts/render-chart.ts';
import { compareModels, type ModelComparison } from '../../src/metrics/compare-models.ts';
import { matchScores } from '../../src/metrics/match-scores.ts';
import type { StageContext } from '../../src/stage.ts';
import { detChart } from './det-chart.ts';
import { type MeasuredModel, measure } from './measure.ts';
import { precisionRecallChart } from './precision-recall-chart.ts';
import { type Model, readModels } from './read-models.ts';
import { reliabilityChart } from './reliability-chart.ts';
import { rocChart } from './roc-chart.ts';
import type { RocDetSettings } from './spec.ts';
import { spreadOver } from './spread.ts';
import {
  formatMetrics,
  formatRanking,
  formatTests,
  numbersTable,
  rankingTable,
  spreadTable,
  testsTable,
} from './tables.ts';
import { type Frame, leftOut } from './texts.ts';

export default async function run(context: StageContext<RocDetSettings>): Promise<void> {
  const { settings } = context;
  const { models: read, shared } = readModels(context.inputs('scores'), settings);
  const frame: Frame = { ...settings, shared };
  const ranked = rank(read, context);
  const models = ranked.map(({ measured }) => measured);
  const { pairs, images } = compare(
    ranked.map(({ model }) => model),
    context,
  );
  const spreads =
    settings.over.length === 0
      ? []
      : spreadOver({ models: read, shared }, settings.over, settings, (line) => context.warn(line));

  writeFileSync(context.output('metrics'), formatMetrics(models, spreads, frame));
  writeFileSync(context.output('table'), formatRanking(models, frame));
  writeFileSync(context.output('tests'), formatTests(models, pairs, images, frame));
  const render = (port: string, chart: TopLevelSpec) =>
    renderChart(chart, context.output(port), (line) => context.warn(line));
  await render('roc', rocChart(models, pairs, frame));
  await render('det', detChart(models, frame));
  await render('precisionRecall', precisionRecallChart(models, frame));
  await render('reliability', reliabilityChart(models, frame, settings.calibrateOn));

  if (models.length === 1) context.highlight(numbersTable(models[0]!, frame));
  else context.highlight(rankingTable(models, frame));
  if (spreads.length > 0) context.highlight(spreadTable(spreads, settings.over, frame));
  if (pairs.length > 0) context.highlight(testsTable(models, pairs, images, frame));
}

/** The models, the highest AUC first; of equal ones, in the order given. */
function rank(models: readonly Model[], context: StageContext<RocDetSettings>) {
  const ranked: { readonly model: Model; readonly measured: MeasuredModel }[] = [];
  for (const model of models) {
    ranked.push({ model, measured: measure(model, context.settings) });
    context.progress({ done: ranked.length, total: models.length, unit: 'models' });
  }
  return ranked.sort((a, b) => b.measured.auc.estimate - a.measured.auc.estimate);
}

interface Compared {
  readonly pairs: readonly ModelComparison[];
  /** That all models scored. */
  readonly images: number;
}

function compare(models: readonly Model[], context: StageContext<RocDetSettings>): Compared {
  const { confidence, draws, seed, by } = context.settings;
  if (models.length === 1) return { pairs: [], images: 0 };
  const matched = matchScores(models);
  if (!matched.ok) {
    context.warn(`The models cannot be tested against each other: ${matched.error}`);
    return { pairs: [], images: 0 };
  }
  const { images, unmatched } = matched.value;
  if (unmatched.some((count) => count > 0)) {
    const left = leftOut(models, unmatched);
    context.warn(
      `Paired tests are on the ${images.length} ${by}s that all models scored, without ${left}; curves on all.`,
    );
  }
  return { pairs: compareModels(matched.value, { level: confidence, draws, seed }), images: images.length };
}
