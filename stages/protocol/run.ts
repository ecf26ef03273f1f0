import { readFileSync, writeFileSync } from 'node:fs';
import { formatJson } from '../../src/format-json.ts';
import { formatFew } from '../../src/format-numbers.ts';
import { renamed } from '../../src/learning/charts/names-setting.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { nameSeries, tellApart } from '../../src/learning/charts/series.ts';
import { agreement } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { fewGroups } from '../../src/learning/metrics/few-groups.ts';
import { distinctTables } from '../../src/learning/metrics/scores/aggregate-videos.ts';
import {
  readScoreTable,
  requireBothSides,
  rowsOfSplit,
  viewOfSplit,
} from '../../src/learning/metrics/scores/read-split-scores.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { protocolChart } from './chart.ts';
import { measureNetwork } from './measure.ts';
import { type PublishedLine, parsePublished } from './published.ts';
import type { ProtocolSettings } from './spec.ts';
import { checkSplits, describeOthers, describeSplits } from './split-digests.ts';
import { formatMetrics, formatTable, type Reported, type Setting, summaryTable } from './tables.ts';

type Context = StageContext<ProtocolSettings>;

const testSplit = 'test';

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  const splits = await checkSplits(context);
  const others = describeOthers(splits);
  if (others !== undefined)
    context.warn(`${settings.name}: the data sets have ${others}, so these numbers are not its.`);
  const networks = readNetworks(context);
  const published = readPublished(context, new Set(networks.map(({ name }) => name)));
  const reported = networks.flatMap((network): Reported[] =>
    measureNetwork(network, settings).flatMap((measured): Reported[] => {
      const { low, high } = measured.endsAt(0.95);
      const ours = { network: network.name, ...measured, ends: { low, high } };
      const lines = published.filter(
        ({ network, metric }) => network === ours.network && metric === ours.metric,
      );
      const compared = lines.map((line) => ({
        ...ours,
        published: line,
        agreement: agreement(ours.value, ours.endsAt, line, settings.margin!),
      }));
      return compared.length === 0 ? [ours] : compared;
    }),
  );
  const { rows, sides, unit } = networks[0]!;
  const setting: Setting = {
    ...settings,
    splits: describeSplits(splits),
    isAnother: others !== undefined,
    sides,
    unit,
    negatives: rows.filter(({ label }) => label === 0).length,
    positives: rows.filter(({ label }) => label === 1).length,
  };
  writeFileSync(context.output('table'), formatTable(reported, setting));
  writeFileSync(context.output('metrics'), formatMetrics(reported, setting));
  writeFileSync(
    context.output('splits'),
    formatJson(
      Object.fromEntries(splits.map(({ split, digest, images }) => [split, { digest, images }])),
    ),
  );
  await renderOutput(context, 'chart', protocolChart(reported, setting));
  context.highlight(summaryTable(reported, setting));
  for (const table of distinctTables(networks)) context.highlight(table);
}

/** The scores of every network. Throws a {@link StageError} for one that cannot be judged. */
function readNetworks(context: Context) {
  const { settings } = context;
  // What tables call the only network has a name of the user's, too.
  const { network: onlyName = 'network', ...names } = settings.names ?? {};
  const given = context.inputs('scores');
  const isAlone = given.length === 1;
  const inputs = renamed(given, isAlone ? names : settings.names, 'scores');
  const series = nameSeries(inputs.map(({ labels }) => labels));
  const ofLabels = Object.values(inputs[0]!.labels).join(', ');
  const apart = isAlone ? [ofLabels || onlyName] : tellApart(series.names, 'network');
  const warnings = new Set<string>();
  const networks = inputs.map(({ path }, index) => {
    const name = apart[index]!;
    const what = `input "scores"${isAlone ? '' : ` of ${name}`}`;
    const table = readScoreTable(path, what, settings);
    const view = viewOfSplit(table, testSplit, what, settings);
    requireBothSides(view, testSplit, what);
    const { rows, all, names: sides, scale, unit, videos } = view;
    const needsThreshold =
      settings.metrics.includes('accuracy') && settings.tuned.threshold === selectionSplit;
    const fitted = needsThreshold ? rowsOfSplit(all, selectionSplit, what) : [];
    const images = {
      labels: rows.map(({ label }) => label),
      groups: rows.map(({ group }) => group),
    };
    const few = fewGroups(images, sides, testSplit, unit);
    if (few !== undefined) warnings.add(few);
    return { name, rows, fitted, scale, sides, unit, videos };
  });
  for (const warning of warnings) context.warn(warning);
  return networks;
}

/** The published values of this protocol. Tells those that no network has. */
function readPublished(context: Context, names: ReadonlySet<string>): readonly PublishedLine[] {
  const path = context.inputs('published')[0]?.path;
  if (path === undefined) return [];
  const parsed = parsePublished(readFileSync(path, 'utf8'));
  if (!parsed.ok) throw new StageError(`input "published": ${parsed.error}`);
  const lines = parsed.value.filter(({ protocol }) => protocol === context.settings.name);
  const unmatched = [...new Set(lines.map(({ network }) => network))].filter(
    (network) => !names.has(network),
  );
  if (unmatched.length > 0)
    context.info(`Published values of networks that are not here: ${formatFew(unmatched, 10)}.`);
  if (lines.every(({ network }) => !names.has(network))) {
    const { name } = context.settings;
    const others = [...new Set(parsed.value.map(({ protocol }) => protocol))];
    context.warn(
      lines.length > 0
        ? `No published value of the protocol "${name}" is of a network here: ${formatFew([...names], 10)}.`
        : `No published value is of the protocol "${name}". The file has ${formatFew(others, 10)}.`,
    );
  }
  return lines;
}
