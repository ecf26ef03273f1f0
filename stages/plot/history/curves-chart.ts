import type { TopLevelSpec } from 'vega-lite';
import {
  formatCount,
  formatCountOf,
  formatList,
  formatShare,
} from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import {
  chart,
  type Domain,
  inPercent,
  type Part,
  quantity,
  ruleAt,
  textAt,
  withField,
} from '../../../src/learning/charts/encoders.ts';
import { textWidth } from '../../../src/learning/charts/fonts.ts';
import { integerTicks } from '../../../src/learning/charts/integer-ticks.ts';
import { lineLayers, pointLayer } from '../../../src/learning/charts/line-layers.ts';
import { type LabelledGroup, nameSeries } from '../../../src/learning/charts/series.ts';
import { ink } from '../../../src/learning/charts/theme.ts';
import { constantLoss } from '../../../src/learning/training/collapse.ts';
import {
  majorityOf,
  majorityWords,
  type SplitImages,
  selectionSplit,
  totalOf,
} from '../../../src/learning/training/splits.ts';
import { chanceLabels, levelsOf, lineHeight } from './chance-labels.ts';
import {
  type Band,
  type CurveRow,
  keptOf,
  linesOf,
  type Measure,
  measures,
  type Run,
  valueAt,
} from './curves-data.ts';

interface CurvesOptions {
  readonly splits: readonly string[];
  /** The axes that a group's runs differ in. */
  readonly over: readonly string[];
  readonly band: Band;
  readonly title?: string | undefined;
}

type Groups = readonly LabelledGroup<Run>[];

const yTitles = { accuracy: 'Accuracy (%)', loss: 'Loss (cross-entropy, nats)' } as const;

const width = 440;
const height = 190;
const between = 14;
const leastPanelWidth = 130;

/** Beyond this many epochs the points of a line touch each other, and the line is clearer alone. */
const mostPoints = 30;

interface Curves {
  readonly lines: readonly CurveRow[];
  readonly kept: readonly CurveRow[];
  readonly series: readonly string[];
  readonly epochs: Domain;
  /** The kept epoch of a single run. */
  readonly keptEpoch: number | undefined;
  readonly hasBands: boolean;
  /** What the ends of a band are, for its tooltip. */
  readonly bandTitle: string;
  readonly panelWidth: number;
  /** The loss of the best constant answer, of each split whose images are known. */
  readonly chance: ReadonlyMap<string, number>;
}

/**
 * Accuracy above loss, against epoch: of one run, or one mean of runs, a line for each split; of
 * several a panel for each split and a line each. The kept epochs are marked. The axes show the
 * narrow band, often far from zero, that both measures lie in.
 */
export function curvesChart(groups: Groups, options: CurvesOptions): TopLevelSpec {
  const { splits } = options;
  const { names, shared } = nameSeries(groups.map(({ labels }) => labels));
  const several = groups.length > 1;
  const columns = several ? splits : [undefined];
  const panelWidth = Math.max(
    leastPanelWidth,
    Math.floor((width - between * (columns.length - 1)) / columns.length),
  );
  const total = columns.length * panelWidth + (columns.length - 1) * between;
  const runs = groups.flatMap(({ items }) => items);
  const epochs = runs.flatMap(({ history }) => history.epochs.map(({ epoch }) => epoch));
  const images = imagesOf(runs, splits);
  const rows = (of: (group: LabelledGroup<Run>) => readonly CurveRow[]) =>
    groups.flatMap((group, index) =>
      of(group).map((row) => ({ series: several ? names[index]! : row.split, ...row })),
    );
  const curves: Curves = {
    lines: rows((group) => linesOf(group, splits, options.band)),
    kept: rows((group) => keptOf(group, splits)),
    series: several ? names : splits,
    epochs: [Math.min(...epochs), Math.max(...epochs)],
    keptEpoch: runs.length === 1 ? runs[0]!.history.chosenEpoch : undefined,
    hasBands: groups.some(({ items }) => items.length > 1),
    bandTitle: options.band === 'range' ? 'Least to greatest' : 'Within one deviation',
    panelWidth,
    chance: chanceLosses(images),
  };
  const title = options.title ?? withLabels('Accuracy and loss by epoch', shared, keptText(runs));
  return chart(title, readingOf(groups, options) + imagesText(images), total + 50, {
    data: { name: 'lines', values: curves.lines },
    spacing: between,
    vconcat: measures.map((measure) => {
      const panels = columns.map((split, i) =>
        panel(curves, measure, split, [i === 0, i === columns.length - 1]),
      );
      return panels.length === 1 ? panels[0]! : { spacing: between, hconcat: panels };
    }),
  });
}

function panel(
  curves: Curves,
  measure: Measure,
  split: string | undefined,
  [isFirst, isLast]: readonly [boolean, boolean],
): Part {
  const { series, epochs, keptEpoch, hasBands, panelWidth, chance } = curves;
  const isUpper = measure === measures[0];
  const domain = domainOf(curves, measure);
  const x = epochAxis(curves, measure === measures.at(-1));
  const y = quantity('value', isFirst ? yTitles[measure] : null, {
    domain,
    scale: { nice: 6 },
    tickCount: 5,
    labels: isFirst,
    ...(measure === 'accuracy' && inPercent),
  });
  const filter = `datum.measure === '${measure}'${split === undefined ? '' : ` && datum.split === ${JSON.stringify(split)}`}`;
  const levels = [...chance].filter(
    ([of]) => measure === 'loss' && (split === undefined || of === split),
  );
  const kept =
    keptEpoch === undefined
      ? pointLayer(
          series,
          { data: { name: 'kept', values: curves.kept }, filter, x, y },
          { filled: false, size: 110, strokeWidth: 1.5 },
        )
      : undefined;
  return {
    width: panelWidth,
    height,
    layer: [
      ...(split !== undefined && isUpper
        ? [
            textAt(panelWidth / 2, -14, split, {
              align: 'center',
              fontSize: 13,
              fontWeight: 'bold',
            }),
          ]
        : []),
      ...chanceRules(
        levels,
        split === undefined ? series : [split],
        domain,
        y,
        isLast ? panelWidth : undefined,
      ),
      ...(keptEpoch === undefined ? [] : keptRule(keptEpoch, x, isUpper)),
      ...lineLayers(series, {
        x,
        y,
        filter,
        legend: { width },
        bands: hasBands,
        mark: { clip: true },
        tooltip: { x: 'Epoch', y: yTitles[measure], band: curves.bandTitle },
        points: epochs[1] - epochs[0] < mostPoints,
      }),
      ...(kept ? [kept] : []),
    ],
  };
}

/** A rule at the epoch of the one run that was kept, named in the upper panel. */
function keptRule(epoch: number, x: Part, isNamed: boolean): readonly Part[] {
  const rule = ruleAt('x', epoch, x);
  const mark = { type: 'text', text: 'kept', color: ink.medium, baseline: 'bottom' };
  const name = {
    data: rule['data'],
    mark,
    encoding: { ...(rule['encoding'] as Part), y: { value: -5 } },
  };
  return isNamed ? [rule, name] : [rule];
}

/**
 * Rules at the losses of constant answers that lie on the axis, named at a position where no line
 * is.
 */
function chanceRules(
  levels: readonly (readonly [split: string, level: number])[],
  drawn: readonly string[],
  [low, high]: Domain,
  y: Part,
  namedAt: number | undefined,
): readonly Part[] {
  const onAxis = levelsOf(levels.filter(([, level]) => low <= level && level <= high));
  const rules = onAxis.map(({ loss }) => ruleAt('y', loss, y, { strokeDash: [2, 3] }));
  if (namedAt === undefined) return rules;
  const names = chanceLabels(onAxis, drawn, height / (high - low)).map(({ loss, lines }) => ({
    data: { values: [{ at: loss }] },
    mark: {
      type: 'text',
      text: [...lines],
      lineHeight,
      dy: (-lineHeight * (lines.length - 1)) / 2,
      color: ink.medium,
      align: 'left',
      baseline: 'middle',
    },
    encoding: { y: withField(y, 'at'), x: { value: namedAt + 6 } },
  }));
  return [...rules, ...names];
}

/** Ticks at whole epochs, none after the last that was trained. */
function epochAxis({ epochs: [first, last], panelWidth }: Curves, isTitled: boolean): Part {
  const single = first === last ? 1 : 0; // a single epoch stands in the middle
  // Labels do not touch.
  const most = Math.min(12, Math.floor(panelWidth / (textWidth(`${last}`, 12) + 14)));
  return quantity('epoch', isTitled ? 'Epoch' : null, {
    domain: [first - single, last + single],
    scale: { padding: 12 },
    values: integerTicks(first, last, most),
    format: 'd',
    grid: false,
  });
}

function domainOf({ lines, kept, chance }: Curves, measure: Measure): Domain {
  const values = [...lines, ...kept]
    .filter((row) => row.measure === measure)
    .flatMap(({ value, low = value, high = value }) => [value, low, high]);
  const low = Math.min(...values);
  const high = Math.max(...values);
  return measure === 'loss'
    ? lossDomain(low, high, [...chance.values()])
    : accuracyDomain(low, high);
}

/**
 * The range of accuracies, at least 0.1 wide so that noise does not look large, and within 0 to 1.
 */
function accuracyDomain(low: number, high: number): Domain {
  const missing = Math.max(0, 0.1 - (high - low));
  const start = Math.min(Math.max(0, low - missing / 2), 0.9);
  return [start, Math.min(1, Math.max(high, start + 0.1))];
}

/**
 * The range of losses with a margin: from zero where that is near, and with levels of chance within
 * a quarter of the range.
 */
export function lossDomain(low: number, high: number, chance: readonly number[]): Domain {
  const near = Math.max(high - low, 0.02) / 4;
  const drawn = [
    low,
    high,
    ...chance.filter((level) => level >= low - near && level <= high + near),
  ];
  const bottom = Math.min(...drawn);
  const top = Math.max(...drawn);
  const margin = Math.max((top - bottom) * 0.05, (0.02 - (top - bottom)) / 2);
  const start = bottom < top / 3 ? 0 : Math.max(0, bottom - margin);
  return [start, Math.max(top + margin, start + 0.02)];
}

type Images = Readonly<Record<string, SplitImages>>;

/** The images of each split, where all runs agree on them; else empty. */
function imagesOf(runs: readonly Run[], splits: readonly string[]): Images {
  const [first, ...others] = runs.map(({ history }) => history.images);
  if (
    first === undefined ||
    others.some((images) => JSON.stringify(images) !== JSON.stringify(first))
  )
    return {};
  return Object.fromEntries(Object.entries(first).filter(([split]) => splits.includes(split)));
}

const chanceLosses = (images: Images): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(images).flatMap(([split, counts]) =>
      majorityOf(counts) < 1 ? [[split, constantLoss(Object.values(counts))] as const] : [],
    ),
  );

/** `74.5 % on val`, of one run at the epoch that was kept. */
function keptText([only, ...others]: readonly Run[]): string {
  const value =
    others.length === 0
      ? valueAt(only!, selectionSplit, 'accuracy', only!.history.chosenEpoch)
      : undefined;
  return value === undefined ? '' : `${formatShare(value)} on ${selectionSplit}`;
}

/** The numbers of images, where they are known, and the accuracy of the majority class. */
function imagesText(images: Images): string {
  const counts = Object.entries(images).map(
    ([split, counted]) => `${formatCount(totalOf(counted))} ${split}`,
  );
  if (counts.length === 0) return '';
  return `; ${formatList(counts)} images; majority class: ${majorityWords(images)}`;
}

/** The numbers of runs and epochs, what was kept, and how to read the marks. */
function readingOf(groups: Groups, { splits, over, band, title }: CurvesOptions): string {
  const runs = groups.flatMap(({ items }) => items);
  const epochs = Math.max(...runs.map(({ history }) => history.epochs.length));
  const { history } = runs[0]!;
  if (runs.length === 1) {
    const accuracies = splits.flatMap((split) => {
      const accuracy = valueAt(runs[0]!, split, 'accuracy', history.chosenEpoch);
      const inTitle = split === selectionSplit && title === undefined;
      return inTitle || accuracy === undefined ? [] : [`${split} ${formatShare(accuracy)}`];
    });
    const kept = `The weights of epoch ${history.chosenEpoch} of ${epochs} were kept`;
    return accuracies.length === 0 ? kept : `${kept}; accuracy then: ${formatList(accuracies)}`;
  }
  const rings = 'rings: the epochs that were kept';
  if (over.length === 0)
    return `${formatCountOf(runs.length, 'run')} of up to ${formatCountOf(epochs, 'epoch')}; ${rings}`;
  const ends = band === 'range' ? 'least to greatest' : 'one standard deviation';
  const each = Math.max(...groups.map(({ items }) => items.length));
  return `Lines: mean of ${each} runs (${formatList(over)}); bands: ${ends}; ${rings}`;
}
