import { formatInterval, formatNumber, intervalWords } from './format-number.ts';
import { type Html, html } from './html.ts';
import { renderTable } from './render-table.ts';
import type { Metric, ReportStage } from './report-model.ts';

/** What is told first of a classifier, in this order, with the words for it. */
const names: readonly (readonly [metric: string, words: string])[] = [
  ['auc', 'AUC'],
  ['accuracy', 'Accuracy'],
  ['balancedAccuracy', 'Balanced accuracy'],
  ['equalErrorRate', 'Equal error rate'],
  ['matthewsCorrelation', 'Matthews correlation'],
  ['calibrationError', 'Calibration error'],
];
/** Tiles for each stage, and stages that have tiles; more of them are compared in a table. */
const mostTiles = 4;
const mostTiled = 2;
/** Rows of that table that are not folded away. */
const mostRows = 12;

/** A stage that measured how well a split's images are told apart. */
interface Finding {
  readonly stage: string;
  readonly split: string;
  readonly metrics: ReadonlyMap<string, Metric>;
}

/** The numbers that the run was for: on the test split where there is one, else on the last. Empty without any. */
export function renderFindings(stages: readonly ReportStage[]): readonly Html[] {
  const findings = stages.flatMap(findingOf);
  if (findings.length === 0) return [];
  if (findings.length <= mostTiled) return findings.map((finding) => renderTiles(finding, findings.length > 1));
  return [renderComparison(findings)];
}

function findingOf({ name, outputs }: ReportStage): readonly Finding[] {
  const metrics = outputs.flatMap(({ shown }) => (shown?.as === 'metrics' ? shown.metrics : []));
  const splits = metrics.flatMap((metric) => /^(.+)\.accuracy$/.exec(metric.name)?.[1] ?? []);
  const split = splits.includes('test') ? 'test' : splits.filter((one) => !one.includes('.')).at(-1);
  if (split === undefined) return [];
  const own = metrics.filter((metric) => metric.name.startsWith(`${split}.`));
  return [{ stage: name, split, metrics: new Map(own.map((metric) => [metric.name.slice(split.length + 1), metric])) }];
}

function renderTiles({ stage, split, metrics }: Finding, named: boolean): Html {
  const tiles = names.flatMap(([name, words]) => {
    const metric = metrics.get(name);
    return metric === undefined || metric.value === null ? [] : { name, words, metric };
  });
  const images = metrics.get('images')?.value;
  return html`${named && html`<h3>${stage}</h3>`}<dl class="tiles">
${tiles.slice(0, mostTiles).map(
  ({
    name,
    words,
    metric,
  }) => html`<div class="tile card"><dt>${words} on ${split}</dt><dd>${formatNumber(metric.value)}</dd>${notesOf(
    name,
    metric,
    metrics,
    images,
  ).map((note) => html`<dd class="note">${note}</dd>`)}</div>
`,
)}</dl>`;
}

function notesOf(
  name: string,
  { interval, confidence }: Metric,
  metrics: ReadonlyMap<string, Metric>,
  images: number | null | undefined,
): readonly string[] {
  const majority = metrics.get('majorityAccuracy')?.value;
  return [
    ...(interval === undefined ? [] : [`${intervalWords(confidence)} ${formatInterval(interval)}`]),
    ...(name === 'accuracy' && majority != null ? [`calling all the same: ${formatNumber(majority)}`] : []),
    ...(interval === undefined && images != null ? [`${images.toLocaleString('en-US')} images`] : []),
  ];
}

function renderComparison(findings: readonly Finding[]): Html {
  const columns = [...names, ['majorityAccuracy', 'majority class'] as const, ['images', 'images'] as const].filter(
    ([name]) => findings.some(({ metrics }) => metrics.has(name)),
  );
  const rows = findings.map(({ stage, split, metrics }) => [
    stage,
    split,
    ...columns.map(([name]) => {
      const metric = metrics.get(name);
      if (metric === undefined) return '';
      const interval = metric.interval === undefined ? '' : ` (${formatInterval(metric.interval)})`;
      return `${formatNumber(metric.value)}${interval}`;
    }),
  ]);
  const table = (caption: string, some: typeof rows) =>
    renderTable(caption, ['stage', 'split', ...columns.map(([, words]) => words)], some);
  if (rows.length <= mostRows) return table('How well each tells them apart', rows);
  const [by, words] = columns[0]!;
  const place = new Map(
    rows.map((row, index) => [row, findings[index]!.metrics.get(by)?.value ?? Number.NEGATIVE_INFINITY]),
  );
  const best = [...rows].sort((a, b) => place.get(b)! - place.get(a)!);
  return html`${table(`The best ${mostRows} of ${rows.length} by ${words}`, best.slice(0, mostRows))}
<details class="more"><summary>The other ${rows.length - mostRows}</summary>${table('The others', best.slice(mostRows))}</details>`;
}
