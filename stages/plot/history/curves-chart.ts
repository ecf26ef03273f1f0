import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../../src/learning/charts/chart-title.ts';
import { fittedLabels } from '../../../src/learning/charts/fit-text.ts';
import { integerTicks } from '../../../src/learning/charts/integer-ticks.ts';
import { nameSeries, seriesScales } from '../../../src/learning/charts/series.ts';
import { textWidth } from '../../../src/learning/charts/text-width.ts';
import { ink } from '../../../src/learning/charts/theme.ts';
import type { Group } from '../inputs.ts';
import { type Band, type CurveRow, keptOf, linesOf, type Measure, measures, type Run } from './curves-data.ts';
import { accuracyDomain, chanceLoss, lossDomain } from './curves-domains.ts';
import { curvesSubtitle, curvesTitle } from './curves-title.ts';

export interface CurvesOptions {
  readonly splits: readonly string[];
  /** The axes that a group's runs differ in. */
  readonly over: readonly string[];
  readonly band: Band;
  readonly title?: string | undefined;
}

type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];
type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const yTitles = { accuracy: 'Accuracy (%)', loss: 'Loss (cross-entropy, nats)' } as const;

const width = 440;
const height = 190;
const between = 14;
const leastPanelWidth = 130;

/** Beyond this many epochs the points of a line touch each other, and the line is clearer alone. */
const mostPoints = 30;

interface Row extends CurveRow {
  readonly series: string;
}

/** What all panels share. */
interface Curves {
  readonly lines: readonly Row[];
  readonly kept: readonly Row[];
  readonly series: readonly string[];
  readonly epochs: readonly [first: number, last: number];
  /** The one run's epoch that was kept, where there is but one run. */
  readonly keptEpoch: number | undefined;
  readonly hasBands: boolean;
  readonly panelWidth: number;
}

/**
 * Accuracy above loss, against epoch. One run, or one mean of runs, has a line for each split; several have a panel for each
 * split and a line each. What was kept is marked. The data is tidy: a row for each point of a line.
 *
 * Both measures lie in a narrow band as a rule, far from zero, so the axes show the band. The loss of guessing, ln 2 with
 * two classes, is ruled where it is near.
 */
export function curvesChart(groups: readonly Group<Run>[], options: CurvesOptions): TopLevelSpec {
  const { splits, title = curvesTitle(groups, splits) } = options;
  const columns = groups.length > 1 ? splits : [undefined];
  const panelWidth = Math.max(leastPanelWidth, Math.floor((width - between * (columns.length - 1)) / columns.length));
  const total = columns.length * panelWidth + (columns.length - 1) * between;
  const curves = { ...curvesOf(groups, options), panelWidth };
  return {
    title: chartTitle(title, curvesSubtitle(groups, options), total + 50),
    data: { name: 'lines', values: [...curves.lines] },
    spacing: between,
    vconcat: measures.map((measure): Panel => {
      const panels = columns.map((split) =>
        panel(curves, measure, split, [split === columns[0], split === columns.at(-1)]),
      );
      return panels.length === 1 ? panels[0]! : { spacing: between, hconcat: panels };
    }),
  };
}

function curvesOf(groups: readonly Group<Run>[], { splits, band }: CurvesOptions): Omit<Curves, 'panelWidth'> {
  const runs = groups.flatMap(({ items }) => items);
  const epochs = runs.flatMap(({ history }) => history.epochs.map(({ epoch }) => epoch));
  const several = groups.length > 1;
  const { names } = nameSeries(groups.map(({ labels }) => labels));
  const rows = (of: (group: Group<Run>) => readonly CurveRow[]) =>
    groups.flatMap((group, index) => of(group).map((row) => ({ series: several ? names[index]! : row.split, ...row })));
  return {
    lines: rows((group) => linesOf(group, splits, band)),
    kept: rows((group) => keptOf(group, splits)),
    series: several ? names : splits,
    epochs: [Math.min(...epochs), Math.max(...epochs)],
    keptEpoch: runs.length === 1 ? runs[0]!.history.chosenEpoch : undefined,
    hasBands: groups.some(({ items }) => items.length > 1),
  };
}

/** A measure, of all splits or of one. */
function panel(
  curves: Curves,
  measure: Measure,
  split: string | undefined,
  [isFirst, isLast]: readonly [boolean, boolean],
): Panel {
  const filter = `datum.measure === '${measure}'${split === undefined ? '' : ` && datum.split === ${JSON.stringify(split)}`}`;
  const domain = domainOf(curves, measure);
  const x = epochAxis(curves, measure === measures.at(-1));
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: isFirst ? yTitles[measure] : null,
    scale: { domain, nice: 6, zero: false },
    axis: {
      tickCount: 5,
      labels: isFirst,
      ...(measure === 'accuracy' && { labelExpr: 'round(1000 * datum.value) / 10' }),
    },
  };
  return {
    width: curves.panelWidth,
    height,
    layer: [
      ...header(curves.panelWidth, split, measure),
      ...(measure === 'loss' ? chanceRule(curves, domain, isLast) : []),
      ...keptRule(curves, measure, x),
      ...bandLayer(curves, filter, x, y),
      lineLayer(curves, filter, x, y),
      ...pointLayer(curves, filter, x, y),
      ...rings(curves, filter, x, y),
    ],
  };
}

/** The name of a split above its upper panel. */
function header(panelWidth: number, split: string | undefined, measure: Measure): Layers {
  if (split === undefined || measure !== measures[0]) return [];
  const mark = { type: 'text' as const, text: split, fontSize: 13, fontWeight: 'bold' as const };
  return [{ data: { values: [{}] }, mark, encoding: { x: { value: panelWidth / 2 }, y: { value: -14 } } }];
}

type Axes = readonly [x: object, y: object];

function lineLayer({ series }: Curves, filter: string, ...[x, y]: Axes): Layers[number] {
  const { color, strokeDash } = seriesScales(series);
  const by = { field: 'series', type: 'nominal' as const, title: null, legend: legend(series) };
  return {
    transform: [{ filter }],
    mark: 'line',
    encoding: { ...{ x, y }, color: { ...by, scale: color }, strokeDash: { ...by, scale: strokeDash } },
  };
}

/** Below the chart, where it takes no width, with lines as they are drawn. */
function legend(series: readonly string[]) {
  const widest = Math.max(...series.map((name) => textWidth(name, 12))) + 60;
  const columns = Math.max(1, Math.floor(width / widest));
  return {
    ...{ orient: 'bottom' as const, symbolType: 'stroke', symbolSize: 700, columns },
    ...fittedLabels(series, width - 40),
  };
}

/** All but the lines look up how they look, since a legend shared by several layers shows none of them as it is. */
function looks({ series }: Curves, filter: string) {
  const { color, shape } = seriesScales(series);
  const lookUp = (values: readonly string[], as: string) => ({
    calculate: `${JSON.stringify(values)}[indexof(${JSON.stringify(series)}, datum.series)]`,
    as,
  });
  return {
    transform: [{ filter }, lookUp(color.range, 'colour'), lookUp(shape.range, 'shape')],
    colour: { field: 'colour', type: 'nominal' as const, scale: null },
    shape: { field: 'shape', type: 'nominal' as const, scale: null },
  };
}

function pointLayer(curves: Curves, filter: string, ...[x, y]: Axes): Layers {
  if (curves.epochs[1] - curves.epochs[0] >= mostPoints) return [];
  const { transform, colour, shape } = looks(curves, filter);
  return [{ transform, mark: { type: 'point', opacity: 1 }, encoding: { x, y, fill: colour, shape } }];
}

function bandLayer(curves: Curves, filter: string, ...[x, y]: Axes): Layers {
  if (!curves.hasBands) return [];
  const { transform, colour } = looks(curves, filter);
  const ends = { y: { ...y, field: 'low' }, y2: { field: 'high' } };
  return [
    {
      transform,
      mark: { type: 'area', opacity: 0.18, clip: true },
      encoding: { x, ...ends, fill: colour, detail: { field: 'series' } },
    },
  ];
}

/** Where each of several runs was kept. */
function rings(curves: Curves, filter: string, ...[x, y]: Axes): Layers {
  if (curves.keptEpoch !== undefined) return [];
  const { transform, colour } = looks(curves, filter);
  const mark = { type: 'point' as const, filled: false, size: 110, strokeWidth: 1.5, opacity: 1 };
  return [{ data: { name: 'kept', values: [...curves.kept] }, transform, mark, encoding: { x, y, stroke: colour } }];
}

/** A rule at the epoch of the one run that was kept, named in the upper panel. */
function keptRule({ keptEpoch }: Curves, measure: Measure, x: object): Layers {
  if (keptEpoch === undefined) return [];
  const data = { values: [{ epoch: keptEpoch }] };
  const name = { type: 'text' as const, text: 'kept', color: ink.medium, baseline: 'bottom' as const };
  return [
    { data, mark: { type: 'rule', color: ink.medium, strokeDash: [4, 4] }, encoding: { x } },
    ...(measure === measures[0] ? [{ data, mark: name, encoding: { x, y: { value: -5 } } }] : []),
  ];
}

/** A rule at the loss of guessing, where the axis has it; named beside the last panel, where no line is. */
function chanceRule({ panelWidth }: Curves, [low, high]: readonly [number, number], named: boolean): Layers {
  if (chanceLoss < low || chanceLoss > high) return [];
  const data = { values: [{ chance: chanceLoss }] };
  const y = { field: 'chance', type: 'quantitative' as const };
  const name = {
    type: 'text' as const,
    text: ['chance', 'ln 2'],
    lineHeight: 14,
    color: ink.medium,
    align: 'left' as const,
  };
  return [
    { data, mark: { type: 'rule', color: ink.medium, strokeDash: [2, 3] }, encoding: { y } },
    ...(named
      ? [{ data, mark: { ...name, baseline: 'middle' as const }, encoding: { x: { value: panelWidth + 6 }, y } }]
      : []),
  ];
}

function epochAxis({ epochs: [first, last], panelWidth }: Curves, titled: boolean) {
  const single = first === last ? 1 : 0; // a single epoch stands in the middle
  const most = Math.min(12, Math.floor(panelWidth / (textWidth(`${last}`, 12) + 14))); // labels do not touch
  return {
    field: 'epoch',
    type: 'quantitative' as const,
    title: titled ? 'Epoch' : null,
    scale: { domain: [first - single, last + single], nice: false, zero: false, padding: 12 },
    axis: { values: [...integerTicks(first, last, most)], format: 'd', grid: false },
  };
}

/** The range of what is drawn, the same for all panels of a measure. */
function domainOf({ lines, kept }: Curves, measure: Measure): [number, number] {
  const values = [...lines, ...kept]
    .filter((row) => row.measure === measure)
    .flatMap(({ value, low = value, high = value }) => [value, low, high]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return measure === 'loss' ? lossDomain(low, high) : accuracyDomain(low, high);
}
