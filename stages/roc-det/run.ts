import { writeFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import {
  compareModels,
  compareRuns,
  type ModelComparison,
} from '../../src/learning/metrics/comparison/compare-models.ts';
import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { precisionRecallChart, rocChart } from './curve-charts.ts';
import { detChart } from './det-chart.ts';
import { type Frame, groupRuns, haveRuns, type Line, leftOut } from './lines.ts';
import { type MeasuredModel, measure } from './measure.ts';
import { type Model, readModels } from './read-models.ts';
import { reliabilityChart } from './reliability-chart.ts';
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

export default async function run(context: StageContext<RocDetSettings>): Promise<void> {
  const { settings } = context;
  const { models: read, shared } = readModels(context.inputs('scores'), settings);
  if (settings.bothScores && read.length > 1) {
    throw new StageError(
      `expected one model with bothScores: true, got ${read.length}: give one, or leave the setting out`,
    );
  }
  const frame: Frame = { ...settings, shared };
  const { over } = settings;
  const spreads =
    over.length === 0 ? [] : spreadOver({ models: read, shared }, over, settings, (line) => context.warn(line));
  const ranked = rank(read, context);
  const models = ranked.map(({ measured }) => measured);
  const compared =
    over.length === 0
      ? ranked.map((one) => ({ name: one.model.name, runs: [one] }))
      : byMeanArea(groupRuns(ranked, ({ model }) => model.labels, over, shared));
  const lines = compared.map(({ name, runs }): Line => ({ name, runs: runs.map(({ measured }) => measured) }));
  const { pairs, images } = compare(
    compared.map(({ runs }) => runs.map(({ model }) => model)),
    context,
  );

  writeFileSync(context.output('metrics'), formatMetrics(models, spreads, frame));
  writeFileSync(context.output('table'), formatRanking(models, frame));
  writeFileSync(context.output('tests'), formatTests(lines, pairs, images, frame));
  const render = (port: string, chart: TopLevelSpec) =>
    renderChart(chart, context.output(port), (line) => context.warn(line));
  await render('roc', rocChart(lines, frame));
  await render('det', detChart(lines, frame));
  await render('precisionRecall', precisionRecallChart(lines, frame));
  await render('reliability', reliabilityChart(lines, frame));

  if (models.length === 1) context.highlight(numbersTable(models[0]!, frame));
  else if (!haveRuns(lines)) context.highlight(rankingTable(models, frame));
  if (spreads.length > 0) context.highlight(spreadTable(spreads, frame));
  if (pairs.length > 0) context.highlight(testsTable(lines, pairs, images, frame));
}

interface Ranked {
  readonly model: Model;
  readonly measured: MeasuredModel;
}

/** The models, the highest AUC first; of equal ones, in the order given. */
function rank(models: readonly Model[], context: StageContext<RocDetSettings>) {
  const ranked: Ranked[] = [];
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

/** The highest mean first. */
function byMeanArea<T extends Pick<Ranked, 'measured'>>(
  groups: readonly { readonly name: string; readonly runs: readonly T[] }[],
) {
  const areaOf = (runs: readonly T[]) =>
    runs.reduce((sum, { measured }) => sum + measured.auc.estimate, 0) / runs.length;
  return groups.toSorted((a, b) => areaOf(b.runs) - areaOf(a.runs));
}

/** Pairs of models, or of what `over` puts together. */
function compare(groups: readonly (readonly Model[])[], context: StageContext<RocDetSettings>): Compared {
  const { confidence, draws, seed, by } = context.settings;
  if (groups.length === 1) return { pairs: [], images: 0 };
  const models = groups.flat();
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
  const options = { level: confidence, draws, seed };
  const isRuns = groups.some((runs) => runs.length > 1);
  let next = 0;
  const indices = groups.map((runs) => runs.map(() => next++));
  const pairs = isRuns ? compareRuns(matched.value, indices, options) : compareModels(matched.value, options);
  return { pairs, images: images.length };
}
