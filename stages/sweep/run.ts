import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatCountOf, formatDecimal, formatFew } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { Random } from '../../src/random.ts';
import type { StageContext } from '../../src/stage.ts';
import { bestAsYaml } from './best-yaml.ts';
import { type Importance, type ImportanceRow, importanceOf } from './importance.ts';
import { importanceChart } from './importance-chart.ts';
import { parallelChart } from './parallel-chart.ts';
import { slicesChart } from './slices-chart.ts';
import type { SweepSettings } from './spec.ts';
import { designOf, readTrials, type Trials } from './trials.ts';

/** Quantile of the normal distribution for an interval of 95 %. */
const quantile = 1.96;

/** Below this many trials for each setting a forest finds little. */
const fewTrials = 10;

export default async function run(context: StageContext<SweepSettings>): Promise<void> {
  const { by, better = findMetric(by)?.better ?? 'higher', best, trees, seed } = context.settings;
  const sweep = readTrials(context);
  const { trials, settings, without } = sweep;
  if (without > 0)
    context.warn(`Left out ${formatCountOf(without, 'trial')} without a value of ${by}.`);
  if (trials.length < fewTrials * settings.length) {
    context.warn(
      `${trials.length} trials of ${formatCountOf(settings.length, 'setting')}: the importance is uncertain, as its intervals show.`,
    );
  }
  const random = new Random('sweep', seed);
  const shares = importanceOf(designOf(sweep), { trees, random });
  const rows = rowsOf(sweep, shares.settings, shares.together);
  const ranks = rankTrials(sweep, better);
  const about = { by, better, best: Math.min(best, trials.length), ranks };
  writeFileSync(
    context.output('table'),
    csvTable(rows.map(({ name, share, low, high }) => ({ setting: name, share, low, high }))),
  );
  writeFileSync(context.output('best'), bestAsYaml(sweep, about));
  await renderOutput(context, 'importance', importanceChart(rows, { by, trials: trials.length }));
  await renderOutput(context, 'slices', slicesChart(sweep, about));
  await renderOutput(context, 'parallel', parallelChart(sweep, about));
  context.highlight({
    title: `Which settings decide ${by} on ${selectionSplit}`,
    role: 'choice',
    columns: ['setting', 'share of the variance', '95 % interval'],
    rows: rows.map(({ name, share, low, high }) => [
      name,
      formatDecimal(share, 2),
      `${formatDecimal(low, 2)} to ${formatDecimal(high, 2)}`,
    ]),
  });
  const first = trials[ranks.indexOf(0)]!;
  context.log(
    `Best of ${trials.length} trials: ${first.name}, ${by} ${first.value}; settings: ${formatFew(
      settings.map(({ name }) => `${name} ${first.labels[name] ?? '–'}`),
      20,
    )}.`,
  );
}

/** The settings from the most important one on, then what several of them explain together. */
function rowsOf(
  { settings }: Trials,
  shares: readonly Importance[],
  together: Importance,
): readonly ImportanceRow[] {
  const rowOf = (name: string, { share, error }: Importance): ImportanceRow => ({
    name,
    share,
    low: Math.max(0, share - quantile * error),
    high: Math.min(1, share + quantile * error),
  });
  const rows = settings.map(({ title }, index) => rowOf(title, shares[index]!));
  const sorted = rows.toSorted((a, b) => b.share - a.share);
  return settings.length === 1 ? sorted : [...sorted, rowOf('several together', together)];
}

/** The rank of each trial, the best one 0; of equal ones the first is ahead. */
function rankTrials({ trials }: Trials, better: 'higher' | 'lower'): readonly number[] {
  const sign = better === 'higher' ? -1 : 1;
  const order = [...trials.keys()].sort(
    (a, b) => sign * (trials[a]!.value - trials[b]!.value) || a - b,
  );
  const ranks = new Array<number>(trials.length);
  for (const [rank, trial] of order.entries()) ranks[trial] = rank;
  return ranks;
}
