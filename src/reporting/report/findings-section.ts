import { formatCount } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import {
  baselineOf,
  betterFirst,
  headlineMetrics,
  measuredPart,
  metric,
  titleOfPath,
} from '../../learning/metrics/metric-catalogue.ts';
import { isTestSplit, reportedSplit } from '../../learning/metrics/reported-split.ts';
import {
  againstGuessing,
  guessingVerdict,
  type MeasuredArea,
} from '../../learning/metrics/verdicts.ts';
import { groupSummaryTables, isChoice } from '../group-summary-tables.ts';
import { showEnds, showMeasured, showNumber } from '../measured-number.ts';
import { type Html, html } from './html.ts';
import { intervalWords, renderSummaryTable, renderTable } from './render-table.ts';
import type { ReportMetric, ReportStage } from './report-model.ts';

/**
 * The most numbers shown for a stage, stages shown as tiles (a table compares more), and rows
 * before the others are folded.
 */
const mostNumbers = 4;
const mostTiled = 2;
const mostRows = 12;

/** How well a stage separates the images of a split. */
interface Finding {
  readonly stage: string;
  readonly split: string;
  readonly metrics: ReadonlyMap<string, ReportMetric>;
}

export function renderFindings(stages: readonly ReportStage[]): readonly Html[] {
  const findings = stages.flatMap(findingOf);
  const chosen = groupSummaryTables(
    stages.map(({ name, summaryTables }) => ({
      name,
      summaryTables: summaryTables.filter(isChoice),
    })),
  );
  const numbers =
    findings.length <= mostTiled
      ? findings.map((finding) => renderTiles(finding, findings.length > 1))
      : bySplit(findings).flatMap(renderComparison);
  return [
    ...numbers,
    ...(chosen.length > 0
      ? [html`<div class="half chosen">${chosen.map(renderSummaryTable)}</div>`]
      : []),
  ];
}

/**
 * The numbers on the test split, else on the last one; none for a stage that measures no accuracy.
 */
export function findingOf({ name, outputs }: ReportStage): readonly Finding[] {
  const metrics = outputs.flatMap(({ preview }) =>
    preview?.as === 'metrics' ? preview.metrics : [],
  );
  const parts = metrics.flatMap(({ name }) => measuredPart(name) ?? []);
  const split = reportedSplit(parts.filter((part) => part !== '' && !part.includes('.')));
  if (split === undefined) return [];
  const splitMetrics = metrics.filter((metric) => metric.name.startsWith(`${split}.`));
  return [
    {
      stage: name,
      split,
      metrics: new Map(splitMetrics.map((metric) => [metric.name.slice(split.length + 1), metric])),
    },
  ];
}

/** The AUC of a finding; undefined where it has none with an interval. */
function areaOf({ split, metrics }: Finding): MeasuredArea | undefined {
  const { value, interval, confidence } = metrics.get(metric('auc').name) ?? {};
  if (value == null || interval === undefined) return undefined;
  const [low, high] = interval;
  return { split, estimate: value, low, high, confidence };
}

const majorityNote = (accuracy: number): string =>
  accuracy === 1
    ? 'all images are of one class'
    : `always naming the majority: ${showNumber(accuracy)}`;

function renderTiles(finding: Finding, isNamed: boolean): Html {
  const { stage, split, metrics } = finding;
  const area = areaOf(finding);
  const verdict = area && guessingVerdict(area);
  const images = metrics.get('images')?.value;
  const hasOneClass = metrics.get(metric('majorityAccuracy').name)?.value === 1;
  const headline = headlineMetrics
    .filter(
      ({ name, isZeroForOneClass }) =>
        metrics.get(name)?.value != null && !(hasOneClass && isZeroForOneClass),
    )
    .slice(0, mostNumbers);
  const tiles = headline.map((headlineMetric) => {
    const { name, meaning } = headlineMetric;
    const number = metrics.get(name)!;
    const baseline = baselineOf(headlineMetric);
    const majority = baseline && metrics.get(baseline.name)?.value;
    const notes: string[] = [];
    if (meaning !== undefined) notes.push(meaning);
    if (number.interval !== undefined)
      notes.push(`${intervalWords(number)} ${showEnds(number.interval)}`);
    if (majority != null) notes.push(majorityNote(majority));
    if (number.interval === undefined && images != null)
      notes.push(`${formatCount(images)} images`);
    return html`<div class="tile card"><dt>${titleOfPath(`${split}.${name}`)}</dt><dd>${showNumber(number.value)}</dd>${notes.map(
      (note) => html`<dd class="note">${note}</dd>`,
    )}</div>
`;
  });
  return html`${isNamed && html`<h3>${stage}</h3>`}<dl class="tiles">
${tiles}</dl>${verdict !== undefined && html`<p class="conclusion">${verdict}</p>`}`;
}

/** Numbers of different splits are not ranked together; those of the test split come first. */
function bySplit(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = [...groupBy(findings, ({ split }) => split)];
  return groups
    .toSorted(([a], [b]) => Number(isTestSplit(b)) - Number(isTestSplit(a)))
    .map(([, group]) => group);
}

function renderComparison(findings: readonly Finding[]): readonly Html[] {
  const [{ split }] = findings as readonly [Finding];
  const headline = headlineMetrics.slice(0, mostNumbers);
  const columns = [
    ...headline,
    ...headline.flatMap((headlineMetric) => baselineOf(headlineMetric) ?? []),
    { name: 'images', title: 'images' },
  ].filter(({ name }) => findings.some(({ metrics }) => metrics.has(name)));
  const [by] = headlineMetrics.filter(({ name }) =>
    findings.some(({ metrics }) => metrics.has(name)),
  );
  const measured = ({ metrics }: Finding) => metrics.get(by!.name)?.value;
  const best = findings.toSorted((a, b) => {
    const valueOfA = measured(a);
    const valueOfB = measured(b);
    return valueOfA == null || valueOfB == null
      ? Number(valueOfA == null) - Number(valueOfB == null)
      : betterFirst(by!, valueOfA, valueOfB);
  });
  const hasArea = findings.some((finding) => areaOf(finding) !== undefined);
  const table = (caption: string, some: readonly Finding[]) =>
    renderTable(
      [
        'stage',
        'split',
        ...columns.map(({ title }) => title),
        ...(hasArea ? ['better than guessing'] : []),
      ],
      some.map((finding) => [
        finding.stage,
        split,
        ...columns.map(({ name }) => cellOf(finding.metrics.get(name))),
        ...(hasArea ? [verdictCell(finding)] : []),
      ]),
      caption,
    );
  const who = findings.length === 1 ? 'the' : 'each';
  if (findings.length <= mostRows) {
    const order = findings.length === 1 ? '' : ', the best first';
    return [table(`How well ${who} stage separates the classes on ${split}${order}`, best)];
  }
  return [
    table(
      `The best ${mostRows} of ${findings.length} by ${by!.title} on ${split}`,
      best.slice(0, mostRows),
    ),
    html`<details class="more"><summary>The other ${findings.length - mostRows}</summary>${table('The others', best.slice(mostRows))}</details>`,
  ];
}

/** `yes`, `no, worse` or `not shown`; a dash where nothing says it. */
function verdictCell(finding: Finding): string {
  const area = areaOf(finding);
  const verdict = area && againstGuessing(area);
  switch (verdict) {
    case 'better':
      return 'yes';
    case 'worse':
      return 'no, worse';
    case 'not shown':
      return verdict;
    case undefined:
      return '–';
  }
}

const cellOf = (number: ReportMetric | undefined): string =>
  number === undefined ? '' : showMeasured(number);
