import type { TopLevelSpec } from 'vega-lite';
import {
  formatCountOf,
  formatDecimal,
  formatEstimate,
  formatLevel,
  formatList,
  toDigits,
} from '../../src/format-numbers.ts';
import { titleOf } from '../../src/learning/charts/chart-title.ts';
import {
  type Axes,
  chart,
  guide,
  type Part,
  quantity,
  share,
} from '../../src/learning/charts/encoders.ts';
import { type LineOptions, lineLayers } from '../../src/learning/charts/line-layers.ts';
import { palette } from '../../src/learning/charts/theme.ts';
import {
  inRow,
  intervalOf,
  nearestTooltip,
  numberText,
} from '../../src/learning/charts/tooltips.ts';
import {
  type CalibrationBin,
  usualBins,
} from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { lowerFirst, shareOfPositive, side, titleWidth } from './curve-charts.ts';
import {
  type Frame,
  haveRuns,
  imagesText,
  type Line,
  legendName,
  legendTitle,
  numberOf,
  runsOf,
} from './lines.ts';
import type { MeasuredModel, ReliabilityBin } from './measure.ts';

/** Colours and shapes repeat after these, and more lines of bins would be illegible. */
const mostDrawn = palette.length;

/** Bins of one model, before or after its temperature. */
interface Row {
  readonly name: string;
  readonly reliability: readonly (CalibrationBin | ReliabilityBin)[];
}

/**
 * How often positives come among images of about one probability (Guo et al. 2017, "On calibration
 * of modern neural networks", figure 1), and below it how many images have it: of one model before
 * and after its temperature, of several before; of many the worst calibrated, by their error.
 */
export function reliabilityChart(lines: readonly Line[], frame: Frame): TopLevelSpec {
  const models = runsOf(lines);
  const [first, ...others] = models as readonly [MeasuredModel];
  const isOne = others.length === 0;
  const rows = isOne ? beforeAndAfter(first) : worstCalibrated(lines, frame);
  const { unit } = frame;
  const notes = [
    imagesText(lines, frame),
    `${usualBins} bins of equal width`,
    haveRuns(lines) && `the images of all runs over ${formatList(frame.over)} together`,
    lines.length > mostDrawn &&
      `drawn are the ${mostDrawn} worst calibrated of ${lines.length} ${frame.byClass ? 'classes' : 'models'}`,
    isOne && barsOf(rows[0]!).length > 0 && `bars: ${formatLevel(frame.confidence)}`,
    isOne &&
      first.scaled &&
      `temperature fitted on ${formatCountOf(first.scaled.images, unit)} of ${frame.calibrateOn}`,
  ];
  // A calibration error has no interval, and runs have a range.
  const measure = haveRuns(lines)
    ? legendTitle('Calibration error', lines, frame)
    : 'Calibration error';
  const legend = { title: isOne ? null : measure, width: side };
  const titles = {
    share: shareOfPositive(frame),
    items: { image: 'Images', group: 'Groups', video: 'Videos' }[unit],
    probability: `Probability of ${frame.sides[1]}`,
  };
  const number =
    lines.length > 1 ? '' : `calibration error ${formatDecimal(numberOf(lines[0]!, errorOf))}`;
  return chart(
    titleOf('Reliability', frame, frame.shared, number),
    notes.filter(Boolean).join('; '),
    titleWidth,
    {
      spacing: 14,
      vconcat: [
        // Both panels share one legend.
        sharesPanel(rows, isOne, legend, titles),
        countsPanel(rows, isOne, legend, titles),
      ],
    },
  );
}

const errorOf = ({ calibrationError }: MeasuredModel) => calibrationError;

function beforeAndAfter({ calibrationError, reliability, scaled }: MeasuredModel): readonly Row[] {
  const asScored = {
    name: `as scored, calibration error ${formatEstimate(calibrationError)}`,
    reliability,
  };
  if (scaled === undefined) return [asScored];
  const temperature = toDigits(scaled.temperature, 3);
  const name = `at temperature ${temperature}, calibration error ${formatDecimal(scaled.calibrationError)}`;
  return [asScored, { name, reliability: scaled.reliability }];
}

/** Few stay in the order given, and so in the colours of the other charts. */
function worstCalibrated(lines: readonly Line[], frame: Frame): readonly Row[] {
  const sorted = lines.toSorted((a, b) => numberOf(b, errorOf) - numberOf(a, errorOf));
  const drawn = lines.length > mostDrawn ? sorted.slice(0, mostDrawn) : lines;
  return drawn.map((line) => ({
    name: legendName(line, errorOf, frame),
    reliability: poolBins(line.runs),
  }));
}

/** The bins of all runs together: each image counts once for every run. */
function poolBins(runs: readonly MeasuredModel[]): Row['reliability'] {
  if (runs.length === 1) return runs[0]!.reliability;
  const all = runs.flatMap(({ reliability }) => reliability);
  const lows = [...new Set(all.map(({ low }) => low))].sort((a, b) => a - b);
  return lows.map((low): CalibrationBin => {
    const members = all.filter((bin) => bin.low === low);
    const items = members.reduce((sum, bin) => sum + bin.items, 0);
    const mean = (of: 'meanProbability' | 'positiveShare') =>
      members.reduce((sum, bin) => sum + bin[of] * bin.items, 0) / items;
    const meanProbability = mean('meanProbability');
    const positiveShare = mean('positiveShare');
    return { low, high: members[0]!.high, items, meanProbability, positiveShare };
  });
}

type Legend = NonNullable<LineOptions['legend']>;
/** Titles of the axes. */
type Titles = Readonly<Record<'share' | 'items' | 'probability', string>>;

function sharesPanel(rows: readonly Row[], isOne: boolean, legend: Legend, titles: Titles): Part {
  const values = rows.flatMap(({ name, reliability }) =>
    reliability.map((bin) => ({ series: name, ...bin })),
  );
  const names = rows.map(({ name }) => name);
  const x = share('meanProbability', null, { labels: false, ticks: false });
  const y = share('positiveShare', titles.share);
  const bars = {
    data: { name: 'bars', values: barsOf(rows[0]!) },
    mark: { type: 'rule', color: palette[0], opacity: 0.5, strokeWidth: 2 },
    encoding: { x, y: { ...y, field: 'shareLow' }, y2: { field: 'shareHigh' } },
  };
  return {
    width: side,
    height: 300,
    data: { name: 'reliability', values },
    layer: [
      guide([0, 0], [1, 1], { x, y }),
      ...(isOne ? [bars] : []),
      ...lineLayers(names, {
        x,
        y,
        legend,
        points: true,
        mark: { strokeWidth: 1.5 },
        tooltip: {
          x: `Mean ${lowerFirst(titles.probability)}`,
          more: [{ title: titles.items, text: numberText(inRow('items')) }],
        },
      }),
    ],
  };
}

/** The bins that have an interval: a bin with all of the images has none, for example. */
const barsOf = ({ reliability }: Row) =>
  reliability.filter(
    (bin) => 'shareLow' in bin && !Number.isNaN(bin.shareLow) && bin.shareLow < bin.shareHigh,
  );

/**
 * Images in each bin: bars of the first row and an outline of the second for one model, an outline
 * of each of several.
 */
function countsPanel(rows: readonly Row[], isOne: boolean, legend: Legend, titles: Titles): Part {
  const outlined = rows.slice(isOne ? 1 : 0);
  const x = share('x', titles.probability);
  const y = quantity('items', titles.items, {
    scale: { zero: true },
    tickCount: 3,
    tickMinStep: 1,
  });
  const bars = {
    data: {
      name: 'counts',
      values: rows[0]!.reliability.map(({ low, high, items }) => ({ low, high, items })),
    },
    mark: { type: 'rect', color: palette[0], opacity: 0.3 },
    encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, y2: { datum: 0 } },
  };
  const names = rows.map(({ name }) => name);
  return {
    width: side,
    height: 80,
    data: { name: 'outlines', values: outlined.flatMap(outlineOf) },
    layer: [
      ...(isOne ? [bars] : []),
      ...(outlined.length === 0
        ? []
        : lineLayers(names, {
            x,
            y,
            legend,
            mark: { interpolate: 'step-after', strokeWidth: 1.5 },
            tooltip: null,
          })),
      ...(isOne ? [binTooltip(rows[0]!, { x, y }, titles)] : []),
    ],
  };
}

/** The number of images in the bin at the pointer. */
function binTooltip({ reliability }: Row, { x, y }: Axes, titles: Titles): Part {
  const values = reliability.map(({ low, high, items }) => ({
    low,
    high,
    middle: (low + high) / 2,
    items,
  }));
  return nearestTooltip(
    [intervalOf(x, titles.probability), { title: titles.items, text: numberText(inRow('items')) }],
    {
      data: { values },
      along: ['x'],
      isMarked: false,
      x: { ...x, field: 'middle' },
      y,
    },
  );
}

/** The upper edge of the bars from bin to bin, those without images at 0. */
function outlineOf({ name, reliability }: Row) {
  const items = Array<number>(usualBins + 1).fill(0);
  for (const bin of reliability) items[Math.round(bin.low * usualBins)] = bin.items;
  items[usualBins] = items[usualBins - 1]!; // closes the last one
  return items.map((count, bin) => ({ series: name, x: bin / usualBins, items: count }));
}
