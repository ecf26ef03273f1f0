import { writeFileSync } from 'node:fs';
import { mostNamedLines } from '../../src/learning/charts/line-layers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { groupOver, repeatAxis } from '../../src/learning/charts/series.ts';
import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { bothLevelsTable } from '../../src/learning/metrics/both-levels.ts';
import {
  compareModels,
  type ModelComparison,
} from '../../src/learning/metrics/comparison/compare-models.ts';
import { compareRuns } from '../../src/learning/metrics/comparison/compare-runs.ts';
import { matchScores } from '../../src/learning/metrics/comparison/match-scores.ts';
import { fewGroups } from '../../src/learning/metrics/few-groups.ts';
import { auc } from '../../src/learning/metrics/ranking/auc.ts';
import { countAtThresholds } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import { distinctTables } from '../../src/learning/metrics/scores/aggregate-videos.ts';
import type { Unit } from '../../src/learning/metrics/scores/video-settings.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { precisionRecallChart, rocChart } from './curve-charts.ts';
import { detChart } from './det-chart.ts';
import { type Frame, groupRuns, haveRuns, type Line, leftOut } from './lines.ts';
import { type MeasuredModel, measure } from './measure.ts';
import { type Model, readModels } from './read-models.ts';
import { reliabilityChart } from './reliability-chart.ts';
import type { RocDetSettings } from './spec.ts';
import { spreadOver } from './spread-over-seeds.ts';
import {
  formatMetrics,
  formatRanking,
  formatTests,
  numbersTable,
  rankingTable,
  spreadTable,
  testsTable,
} from './tables.ts';

type Context = StageContext<RocDetSettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  const { models, shared, byClass } = readModels(context.inputs('scores'), settings);
  if (byClass !== undefined && settings.bothScores) {
    throw new StageError('bothScores needs two sides: name the positive classes in "positive".');
  }
  if (settings.bothScores && models.length > 1) {
    throw new StageError(
      `expected one model with bothScores: true, got ${models.length}: give one, or leave the setting out`,
    );
  }
  const frame: Frame = {
    ...settings,
    unit: commonUnit(models),
    shared,
    byClass,
    sides: byClass ? ['others', 'the class'] : models[0]!.sides,
  };
  for (const few of fewGroupsOf(models, frame)) context.warn(few);
  const hint = byClass === undefined ? repeatsHint(models, frame) : undefined;
  if (hint !== undefined) context.info(hint);
  const spreads =
    settings.over.length === 0 ? [] : spreadOver(models, frame, (line) => context.warn(line));
  const charted = byClass === undefined ? models : worstClasses(models, frame);
  const ranked = await measureAll(models, charted, context);
  const groups =
    settings.over.length === 0
      ? ranked.map((run) => ({ name: run.name, runs: [run] }))
      : groupRuns(ranked, frame);
  const compared = groups.toSorted((a, b) => meanArea(b.runs) - meanArea(a.runs));
  const lines = compared
    .slice(byClass === undefined ? 0 : -mostNamedLines)
    .map(({ name, runs }): Line => ({ name, runs: runs.map(({ measured }) => measured) }));
  const { pairs, images } = compare(
    byClass ? [] : compared.map(({ runs }) => runs),
    frame,
    context,
  );

  const measured = ranked.map((model) => model.measured);
  writeFileSync(context.output('metrics'), formatMetrics(measured, spreads, frame));
  writeFileSync(context.output('table'), formatRanking(measured, frame));
  writeFileSync(context.output('tests'), formatTests(lines, pairs, images, frame));
  const charts = {
    roc: rocChart,
    det: detChart,
    precisionRecall: precisionRecallChart,
    reliability: reliabilityChart,
  };
  for (const [port, chart] of Object.entries(charts))
    await renderOutput(context, port, chart(lines, frame));
  if (measured.length === 1) context.highlight(numbersTable(measured[0]!, frame));
  else if (!haveRuns(lines)) context.highlight(rankingTable(measured, frame));
  const levels = bothLevelsTable(ranked, settings.confidence);
  if (levels !== undefined) context.highlight(levels);
  for (const table of distinctTables(models)) context.highlight(table);
  if (spreads.length > 0) context.highlight(spreadTable(spreads, frame));
  if (pairs.length > 0) context.highlight(testsTable(lines, pairs, images, frame));
}

/** Suggests `over` where models differ in their seed alone, each of which is drawn as a model. */
function repeatsHint(models: readonly Model[], { over }: Frame): string | undefined {
  if (over.includes(repeatAxis)) return undefined;
  const withoutSeed = groupOver(models, [...over, repeatAxis]);
  if (withoutSeed.length === groupOver(models, over).length) return undefined;
  return `Some models differ in their ${repeatAxis} alone. With over: [${[...over, repeatAxis].join(', ')}] they are drawn and tested as runs of one model.`;
}

/** What the rows of all models are; images where that differs. */
function commonUnit(models: readonly Model[]): Unit {
  const [unit, ...others] = new Set(models.map((model) => model.unit));
  return others.length === 0 ? unit! : 'image';
}

/** Warnings of few groups, each once: models often share their images. */
function fewGroupsOf(
  models: readonly Model[],
  { split, sides, byClass }: Frame,
): ReadonlySet<string> {
  const warnings = models.map(({ name, labels: axes, rows, unit }) => {
    const images = {
      labels: rows.map(({ label }) => label),
      groups: rows.map(({ group }) => group),
    };
    const { class: className = name } = axes;
    const ofClass = [`all but ${className}`, className] as const;
    return fewGroups(images, byClass === undefined ? sides : ofClass, split, unit);
  });
  return new Set(warnings.filter((warning) => warning !== undefined));
}

/**
 * The models, the highest AUC first; equal ones in the order given. Those that are not shown have
 * no bands.
 */
async function measureAll(models: readonly Model[], charted: readonly Model[], context: Context) {
  const measured: (Model & { readonly measured: MeasuredModel })[] = [];
  for (const model of models) {
    const options = { ...context.settings, threads: context.cpus, bands: charted.includes(model) };
    measured.push({ ...model, measured: await measure(model, options) });
    context.progress({ done: measured.length, total: models.length, unit: 'models' });
  }
  return measured.sort((a, b) => meanArea([b]) - meanArea([a]));
}

/** The models of the classes with the lowest areas, or of all. */
function worstClasses(models: readonly Model[], frame: Frame): readonly Model[] {
  const classes = groupRuns(models, frame).map(({ runs }) => ({
    runs,
    area: mean(runs.map(areaOf)),
  }));
  const worst = classes.toSorted((a, b) => b.area - a.area).slice(-mostNamedLines);
  return worst.flatMap(({ runs }) => runs);
}

const areaOf = ({ rows }: Model): number => {
  const labels = rows.map(({ label }) => label);
  const scores = rows.map(({ negative, positive }) => positive - negative);
  return auc(countAtThresholds(labels, scores));
};

const meanArea = (runs: readonly { readonly measured: MeasuredModel }[]): number =>
  mean(runs.map(({ measured }) => measured.auc.estimate));

/** Compares every pair of models, given by their runs, on the images that all models scored. */
function compare(
  groups: readonly (readonly Model[])[],
  { confidence, draws, seed, unit }: Frame,
  context: Context,
) {
  const models = groups.flat();
  const none = { pairs: [] as readonly ModelComparison[], images: 0 };
  if (groups.length < 2) return none;
  const matched = matchScores(models);
  if (!matched.ok) {
    context.warn(`The models cannot be tested against each other: ${matched.error}`);
    return none;
  }
  const { images, unmatched } = matched.value;
  if (unmatched.some((count) => count > 0)) {
    const omitted = leftOut(models, unmatched);
    context.warn(
      `Paired tests are on the ${images.length} ${unit}s that all models scored, without ${omitted}; curves on all.`,
    );
  }
  const options = { level: confidence, draws, seed };
  const indices = groups.map((runs) => runs.map((run) => models.indexOf(run)));
  const isRuns = groups.some((runs) => runs.length > 1);
  const pairs = isRuns
    ? compareRuns(matched.value, indices, options)
    : compareModels(matched.value, options);
  return { pairs, images: images.length };
}
