import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatCountOf, formatDecimal, formatFew } from '../../src/format-numbers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { importanceChart } from '../../src/learning/trials/importance-chart.ts';
import { importanceRows } from '../../src/learning/trials/importance-rows.ts';
import { parallelChart } from '../../src/learning/trials/parallel-chart.ts';
import { slicesChart } from '../../src/learning/trials/slices-chart.ts';
import { rankTrials } from '../../src/learning/trials/trials.ts';
import { Random } from '../../src/random.ts';
import type { StageContext } from '../../src/stage.ts';
import { bestAsYaml } from './best-yaml.ts';
import { readTrials } from './read-trials.ts';
import type { SweepSettings } from './spec.ts';

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
  const rows = importanceRows(sweep, { trees, random });
  const ranks = rankTrials(sweep, better);
  const about = {
    by,
    on: selectionSplit,
    better,
    best: Math.min(best, trials.length),
    ranks,
    noun: 'trial',
  };
  writeFileSync(
    context.output('table'),
    csvTable(rows.map(({ name, share, low, high }) => ({ setting: name, share, low, high }))),
  );
  writeFileSync(context.output('best'), bestAsYaml(sweep, about));
  await renderOutput(
    context,
    'importance',
    importanceChart(rows, { ...about, trials: trials.length }),
  );
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
