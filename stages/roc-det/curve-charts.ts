import type { TopLevelSpec } from 'vega-lite';
import { positiveName, positivePlural } from '../../src/default-class-names.ts';
import {
  formatCount,
  formatCountOf,
  formatDecimal,
  formatEnds,
  formatLevel,
  formatShare,
} from '../../src/format-numbers.ts';
import { titleOf } from '../../src/learning/charts/chart-title.ts';
import {
  type Axes,
  chart,
  guide,
  type Part,
  ruleAt,
  share,
  textAt,
} from '../../src/learning/charts/encoders.ts';
import { lineLayers, mostNamedLines } from '../../src/learning/charts/line-layers.ts';
import { type Point, simplifyLine } from '../../src/learning/charts/simplify-line.ts';
import { ink } from '../../src/learning/charts/theme.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import type { Band } from './curve-bands.ts';
import {
  type Frame,
  haveRuns,
  imagesText,
  type Line,
  legendName,
  legendTitle,
  numberOf,
  runsOf,
  runsText,
} from './lines.ts';
import type { MeasuredModel } from './measure.ts';

/**
 * The side of a square chart in units, and the width of its titles, which begin at the vertical
 * axis.
 */
export const side = 380;
export const titleWidth = side + 50;

/** A tenth of a pixel of the chart's picture at two pixels per unit, as a share of its side. */
const invisible = 0.1 / (2 * side);

/** With more models, their bands would be one grey. */
const mostBands = 3;

/** A square chart with a curve of every model, and a legend with a number of each. */
interface CurveChart extends Axes {
  /** `ROC`, for the title. */
  readonly chart: string;
  /** The name of the number in the title and in the legend. */
  readonly measure: readonly [inTitle: string, inLegend: string];
  readonly number: (run: MeasuredModel) => Interval;
  readonly format?: (value: number) => string;
  /** In the units of the axes, and how wide these are. */
  readonly points: (run: MeasuredModel) => readonly Point[];
  readonly band: (run: MeasuredModel) => Band;
  readonly width?: number;
  /** Whether curves leave the frame. */
  readonly clip?: boolean;
  readonly notes?: readonly string[];
  readonly behind: readonly Part[];
  /** Over the curves; the names in the legend are given. */
  readonly inFront?: (names: readonly string[]) => readonly Part[];
}

export function curveChart(lines: readonly Line[], frame: Frame, given: CurveChart): TopLevelSpec {
  const { x, y, measure, number, format, points, band, width = 1 } = given;
  const models = runsOf(lines);
  const isAlone = models.length === 1;
  const names = isAlone
    ? [given.chart]
    : lines.map((line) => legendName(line, number, frame, format));
  const named = names.slice(0, mostNamedLines);
  const others = names.slice(mostNamedLines);
  const several = haveRuns(lines);
  const bands = models.length > mostBands || several ? [] : lines.map(({ runs }) => band(runs[0]!));
  const ends = isAlone ? formatEnds(number(models[0]!), format) : '';
  const level = formatLevel(frame.confidence);
  const drawn = bands.filter((band) => band.length > 0).length;
  const notes = [
    ends && `${level} interval ${ends}`,
    imagesText(lines, frame),
    ...(given.notes ?? []),
    others.length > 0 &&
      `the best ${named.length} by AUC in colour, ${formatCountOf(others.length, 'other')} in grey; all numbers are in the table`,
    runsText(lines, frame),
    drawn > 0 &&
      `${drawn === 1 ? 'band' : 'bands'}: ${level}, ${formatCount(frame.draws)} bootstrap draws`,
  ];
  const curves = lines.flatMap(({ runs }, i) =>
    runs.flatMap((run, index) =>
      simplifyLine(points(run), invisible * width).map((row, point) => ({
        series: names[i]!,
        ...(several && { run: index }),
        point,
        ...roundFields(row),
      })),
    ),
  );
  const isBoth = frame.bothScores && lines.length === 2;
  const legend = isBoth ? 'Ranked by' : legendTitle(measure[1], lines, frame);
  const title = titleOf(
    given.chart,
    frame,
    frame.shared,
    titleNumber(isBoth ? lines.slice(0, 1) : lines, given),
  );
  return chart(title, notes.filter(Boolean).join('; '), titleWidth, {
    width: side,
    height: side,
    layer: [
      ...given.behind,
      ...lineLayers(named, {
        x,
        y,
        data: { name: 'curves', values: curves.toReversed() }, // the first on top
        others,
        legend: isAlone ? null : { title: legend, width: side },
        order: 'point',
        ...(several && { detail: 'run' }),
        bands: {
          name: 'bands',
          values: bands.flatMap((band, i) =>
            band.map((row) => ({ series: names[i]!, ...roundFields(row) })),
          ),
        },
        mark: { ...(given.clip && { clip: true }), ...(several && { strokeWidth: 1.2 }) },
      }),
      ...(given.inFront?.(named) ?? []),
    ],
  });
}

/** `AUC 0.768`, of one line alone. */
function titleNumber(
  [only, ...others]: readonly Line[],
  { measure, number, format = formatDecimal }: CurveChart,
) {
  return others.length > 0 ? '' : `${measure[0]} ${format(numberOf(only!, number))}`;
}

/**
 * Numbers to five decimals, a hundredth of a pixel: exact ones would make the data three times as
 * long.
 */
function roundFields<Row extends Readonly<Record<keyof Row, number>>>(row: Row): Row {
  const entries = Object.entries<number>(row).map(([name, value]) => [
    name,
    Number(value.toFixed(5)),
  ]);
  return Object.fromEntries(entries) as Row;
}

/**
 * One model by its second score and by its first. The scores are taken as probabilities, which sum
 * to 1, so that both rank alike, in opposite order: with positive as the positive class throughout,
 * the curves mirror each other, and areas and error rates sum to 1.
 */
export function bothScores(lines: readonly Line[], { bothScores }: Frame): readonly Line[] {
  const [model] = runsOf(lines) as readonly [MeasuredModel];
  if (!bothScores) return lines;
  const [negative, positive] = model.sides;
  const complement = ({ method, estimate, low, high }: Interval): Interval => ({
    method,
    estimate: 1 - estimate,
    low: 1 - high,
    high: 1 - low,
  });
  const mirrored = (points: readonly Point[]) =>
    points.map(({ x, y }) => ({ x: 1 - x, y: 1 - y })).reverse();
  const byFirst: MeasuredModel = {
    ...model,
    auc: complement(model.auc),
    equalErrorRate: complement(model.equalErrorRate),
    roc: { points: mirrored(model.roc.points), band: [] },
    det: { points: mirrored(model.det.points), band: [] },
  };
  return [
    { name: `second score (${positive})`, runs: [model] },
    { name: `first score (${negative})`, runs: [byFirst] },
  ];
}

/** What a bin shows, for an axis: `Share of dog`. */
export const shareOfPositive = ({ sides: [, positive] }: Frame): string =>
  `Share of ${positive === positiveName ? positivePlural : positive}`;

export const lowerFirst = (text: string): string => text[0]!.toLowerCase() + text.slice(1);

/** The receiver operating characteristic, chance dashed. */
export function rocChart(lines: readonly Line[], frame: Frame): TopLevelSpec {
  const [negative, positive] = frame.sides;
  const axes = {
    x: share('x', `False positive rate (${negative} called ${positive})`),
    y: share('y', `True positive rate (${positive} called ${positive})`),
  };
  return curveChart(bothScores(lines, frame), frame, {
    chart: 'ROC',
    measure: ['AUC', 'AUC'],
    number: ({ auc }) => auc,
    points: ({ roc }) => roc.points,
    band: ({ roc }) => roc.band,
    ...axes,
    ...(frame.bothScores && {
      notes: [`${positive} is positive for both scores, so their areas sum to 1`],
    }),
    behind: [guide([0, 0], [1, 1], axes)],
  });
}

/**
 * Precision against recall, by steps: between two points of the ranking neither changes evenly. The
 * line of chance lies at the share of positives, where calling everything positive would be.
 */
export function precisionRecallChart(lines: readonly Line[], frame: Frame): TopLevelSpec {
  const axes = {
    x: share('x', `Recall (${lowerFirst(shareOfPositive(frame))} called ${frame.sides[1]})`),
    y: share('y', `Precision (share of those called ${frame.sides[1]} that are)`),
  };
  const { negative, positive } = runsOf(lines)[0]!;
  const prevalence = positive / (positive + negative);
  const beside = { color: ink.medium, baseline: 'middle', lineHeight: 14 };
  // Beside the line of chance, where no curve is, and above the labels of the axis.
  const height = Math.min(side * (1 - prevalence), side - 20) - 14;
  const words = ['chance:', formatShare(prevalence), `are ${frame.sides[1]}`];
  const chance = [ruleAt('y', prevalence, axes.y), textAt(side + 6, height, words, beside)];
  return curveChart(lines, frame, {
    chart: 'Precision-recall',
    measure: ['average precision', 'Average precision'],
    number: ({ averagePrecision }) => averagePrecision,
    points: ({ precisionRecall }) => steps(precisionRecall.points),
    band: ({ precisionRecall }) => precisionRecall.band,
    ...axes,
    behind: frame.byClass ? [] : chance,
  });
}

/**
 * Up to each recall, the precision of the threshold that reaches it; those that reach none are not
 * drawn.
 */
function steps(points: readonly Point[]): readonly Point[] {
  const corners: Point[] = [];
  let x = 0;
  for (const point of points) {
    if (!(point.x > 0)) continue;
    corners.push({ x, y: point.y }, point);
    x = point.x;
  }
  return corners;
}
