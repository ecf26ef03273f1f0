import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatLevel, formatList, formatShare } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { fittedLabels } from '../../src/learning/charts/fit-text.ts';
import { seriesScales } from '../../src/learning/charts/series.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import type { CalibrationBin } from '../../src/learning/metrics/calibration/calibration-bins.ts';
import { shareInterval } from '../../src/learning/metrics/intervals/share-difference.ts';
import { guide, type Layers, legendRoom, side, titleWidth } from './curve-layers.ts';
import { haveRuns, type Line, leastOf, numberOf, runsOf } from './lines.ts';
import { bins, type MeasuredModel, type ReliabilityBin, type ScaledCalibration } from './measure.ts';
import { type Frame, formatInterval, formatOfLine, imagesText, legendTitle, lineName, titled } from './texts.ts';

/** Colours and shapes begin again after these, and more lines of bins would be a thicket. */
const mostDrawn = palette.length;

/** Temperatures nearer to 1 than this change nothing that one would see. */
const slightly = 1.1;

/** Bins of one model, before or after its temperature. */
interface Row {
  readonly name: string;
  readonly reliability: readonly (CalibrationBin | ReliabilityBin)[];
}

/**
 * How often fakes come among images of about one probability (Guo et al. 2017, "On calibration of modern neural
 * networks", figure 1), and below it how many images have it: of one model before and after its temperature, of several
 * before, the best calibrated where there are many.
 */
export function reliabilityChart(lines: readonly Line[], frame: Frame, calibrateOn: string): TopLevelSpec {
  const models = runsOf(lines);
  const [first] = models as readonly [MeasuredModel];
  const isOne = models.length === 1;
  const { scaled } = first;
  const ece = 'calibration error';
  const rows: Row[] = isOne
    ? [
        { name: `as scored, ${ece} ${formatInterval(first.calibrationError)}`, reliability: first.reliability },
        ...(scaled === undefined
          ? []
          : [
              {
                name: `at temperature ${scaled.temperature.toPrecision(3)}, ${ece} ${scaled.calibrationError.toFixed(3)}`,
                reliability: scaled.reliability,
              },
            ]),
      ]
    : bestCalibrated(lines).map((line) => ({
        name: `${lineName(line)}: ${formatInterval(numberOf(line, errorOf))}`,
        reliability: pooled(line.runs),
      }));
  const notes = [
    imagesText(models, frame),
    `${bins} bins of equal width`,
    ...(haveRuns(lines) ? [`the images of all runs over ${formatList(frame.over ?? [])} together`] : []),
    ...(lines.length > mostDrawn ? [`drawn are the ${mostDrawn} best calibrated of ${lines.length} models`] : []),
    ...(isOne && barsOf(rows[0]!).length > 0 ? [`bars: ${formatLevel(frame.confidence)}`] : []),
    ...(isOne && scaled !== undefined
      ? [
          `temperature fitted on ${formatCountOf(scaled.images, frame.by === 'group' ? 'group' : 'image')} of ${calibrateOn}`,
        ]
      : []),
  ];
  return {
    title: chartTitle(
      titled(frame, 'Reliability', isOne ? findingOf(first, frame.confidence) : bestOf(lines)),
      notes.join('; '),
      titleWidth,
    ),
    spacing: 14,
    vconcat: [
      sharesPanel(rows, isOne, isOne ? null : legendTitle('Calibration error', lines, frame)),
      countsPanel(rows, isOne, frame.by === 'group' ? 'Groups' : 'Images'),
    ],
  } as TopLevelSpec;
}

/** In the order given. */
function bestCalibrated(lines: readonly Line[]): readonly Line[] {
  const sorted = lines.toSorted((a, b) => numberOf(a, errorOf).estimate - numberOf(b, errorOf).estimate);
  const drawn = new Set(sorted.slice(0, mostDrawn));
  return lines.filter((line) => drawn.has(line));
}

const errorOf = ({ calibrationError }: MeasuredModel) => calibrationError;

/** The bins of all runs together: each image counts once for every run. */
function pooled(runs: readonly MeasuredModel[]): Row['reliability'] {
  if (runs.length === 1) return runs[0]!.reliability;
  const all = runs.flatMap(({ reliability }) => reliability);
  const lows = [...new Set(all.map(({ low }) => low))].sort((a, b) => a - b);
  return lows.map((low): CalibrationBin => {
    const own = all.filter((bin) => bin.low === low);
    return { low, high: own[0]!.high, ...together(own) };
  });
}

/** What the images of several bins are together. */
function together(bins: readonly CalibrationBin[]) {
  const items = bins.reduce((sum, bin) => sum + bin.items, 0);
  const mean = (of: (bin: CalibrationBin) => number) => bins.reduce((sum, bin) => sum + of(bin) * bin.items, 0) / items;
  return {
    items,
    meanProbability: mean(({ meanProbability }) => meanProbability),
    positiveShare: mean(({ positiveShare }) => positiveShare),
  };
}

function findingOf({ reliability, calibrationError, scaled }: MeasuredModel, confidence: number): string {
  const bias = biasOf(reliability, confidence);
  const error = `calibration error ${formatInterval(calibrationError)}`;
  if (scaled === undefined) return bias + error;
  const { temperature } = scaled;
  const sureness = scaled.calibrationError < calibrationError.estimate ? surenessOf(scaled) : '';
  return `${bias || sureness}${error}, ${scaled.calibrationError.toFixed(3)} at temperature ${temperature.toPrecision(3)}`;
}

/** Where fakes are expected more or less often than they come, which no temperature mends: that is told first. */
function biasOf(reliability: readonly CalibrationBin[], confidence: number): string {
  const { items, meanProbability: said, positiveShare: came } = together(reliability);
  const { low, high } = shareInterval({ value: came, images: items }, confidence);
  return said < low || said > high ? `fake at ${formatShare(said)} in the mean where ${formatShare(came)} are, ` : '';
}

/** By the temperature's interval: the calibration error of a calibrated model is above 0 too, and falls by any luck. */
function surenessOf({ temperature, temperatureEnds: [low, high] }: ScaledCalibration): string {
  if (low > 1 && temperature > slightly) return 'too sure, ';
  if (high < 1 && temperature < 1 / slightly) return 'not sure enough, ';
  return '';
}

function bestOf(lines: readonly Line[]): string {
  const best = leastOf(lines, errorOf);
  const error = numberOf(best, errorOf);
  return lines.length === 1
    ? `calibration error ${formatOfLine(best, error)}`
    : `lowest calibration error ${formatInterval(error)} by ${best.name}`;
}

const x = { scale: { domain: [0, 1] }, axis: { tickCount: 5, format: '.1f' } };

function sharesPanel(rows: readonly Row[], isOne: boolean, heading: string | null) {
  const { color, shape } = seriesScales(rows.map(({ name }) => name));
  const values = rows.flatMap(({ name, reliability }) => reliability.map((bin) => ({ series: name, ...bin })));
  const y = {
    title: 'Share of fakes',
    scale: { domain: [0, 1] },
    axis: { tickCount: 5, format: '.1f' },
  };
  const noTitle = { ...x, title: null, axis: { ...x.axis, labels: false, ticks: false } };
  const place = { ...noTitle, field: 'meanProbability', type: 'quantitative' as const };
  const bySeries = {
    field: 'series',
    type: 'nominal' as const,
    title: heading,
    legend: {
      orient: 'bottom' as const,
      direction: 'vertical' as const,
      titleAnchor: 'start' as const,
      symbolSize: 90,
      titleLimit: side,
      ...fittedLabels(
        rows.map(({ name }) => name),
        legendRoom,
      ),
    },
  };
  const encoding = { x: place, y: { ...y, field: 'positiveShare', type: 'quantitative' as const } };
  return {
    width: side,
    height: 300,
    data: { name: 'reliability', values },
    layer: [
      guide(
        [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        { color: ink.medium, strokeWidth: 1, strokeDash: [4, 4] },
        noTitle,
        y,
      ),
      ...(isOne ? [bars(rows[0]!, place, y)] : []),
      ...lines(rows, encoding),
      {
        mark: { type: 'point', opacity: 1, size: 50, tooltip: { content: 'data' } },
        encoding: { ...encoding, color: { ...bySeries, scale: color }, shape: { ...bySeries, scale: shape } },
      },
    ],
  };
}

/** A line for each series, in a layer of its own: by an encoding, its dashes would outline the symbols of the legend. */
function lines(rows: readonly Row[], encoding: object): Layers {
  const { color, strokeDash } = seriesScales(rows.map(({ name }) => name));
  return rows.map(({ name }, i) => ({
    transform: [{ filter: { field: 'series', equal: name } }],
    mark: { type: 'line', strokeWidth: 1.5, color: color.range[i]!, strokeDash: strokeDash.range[i]! },
    encoding,
  }));
}

/** Bins that have an interval: one with all of the images, say, has none. */
const barsOf = ({ reliability }: Row) =>
  reliability.filter((bin) => 'shareLow' in bin && !Number.isNaN(bin.shareLow) && bin.shareLow < bin.shareHigh);

/** The interval of each bin of the first row. */
function bars(row: Row, place: object, y: object): Layers[number] {
  return {
    data: { name: 'bars', values: [...barsOf(row)] },
    mark: { type: 'rule', color: palette[0], opacity: 0.5, strokeWidth: 2 },
    encoding: {
      x: { ...place, field: 'meanProbability', type: 'quantitative' },
      y: { ...y, field: 'shareLow', type: 'quantitative' },
      y2: { field: 'shareHigh' },
    },
  };
}

/** Images in each bin: bars of the first row and an outline of the second for one model, an outline of each of several. */
function countsPanel(rows: readonly Row[], isOne: boolean, title: string) {
  const outlined = rows.slice(isOne ? 1 : 0);
  const outlines = outlined.flatMap(({ name, reliability }) => outline(name, reliability));
  const y = { title, axis: { tickCount: 3, tickMinStep: 1 }, type: 'quantitative' as const };
  const place = { ...x, title: 'Probability of fake', type: 'quantitative' as const };
  const counts = rows[0]!.reliability.map(({ low, high, items }) => ({ low, high, items }));
  const bars = {
    data: { name: 'counts', values: counts },
    mark: { type: 'rect' as const, color: palette[0], opacity: 0.3 },
    encoding: {
      x: { ...place, field: 'low' },
      x2: { field: 'high' },
      y: { ...y, field: 'items' },
      y2: { datum: 0 },
    },
  };
  const encoding = { x: { ...place, field: 'x' }, y: { ...y, field: 'y' }, order: { field: 'point' } };
  return {
    width: side,
    height: 80,
    data: { name: 'outlines', values: outlines },
    layer: [...(isOne ? [bars] : []), ...lines(rows, encoding).slice(isOne ? 1 : 0)],
  };
}

/** The upper edge of the bars, bins without images at 0. */
function outline(series: string, reliability: readonly CalibrationBin[]) {
  const items = Array<number>(bins).fill(0);
  for (const bin of reliability) items[Math.round(bin.low * bins)] = bin.items;
  return items
    .flatMap((count, bin) => [
      { x: bin / bins, y: count },
      { x: (bin + 1) / bins, y: count },
    ])
    .map((row, point) => ({ series, point, ...row }));
}
