import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../src/format-numbers.ts';
import { type Axes, guide, quantity, textAt } from '../../src/learning/charts/encoders.ts';
import { pointLayer } from '../../src/learning/charts/line-layers.ts';
import { ink } from '../../src/learning/charts/theme.ts';
import { tiesAway } from '../../src/learning/charts/tooltips.ts';
import { normalQuantile } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { bothScores, curveChart } from './curve-charts.ts';
import { type Frame, haveRuns, type Line, runsOf } from './lines.ts';
import type { MeasuredModel } from './measure.ts';
import { straightInRates } from './straight-in-rates.ts';

/** In per cent. */
const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9];
/**
 * The ends that axes may have, where the last label has room; at least the first, so that charts of
 * good models are alike.
 */
const tops = [40, 60, 80, 90, 95, 99.9];
const noCurve = ['No curve: a threshold separates', 'the classes without an error'];
/**
 * Where rates of 0 and 1 are drawn, in deviates: they lie at infinity, and lines are cut at the
 * frame.
 */
const beyond = 4.5;

/**
 * The detection error tradeoff, both error rates on axes of normal deviates (Martin et al. 1997,
 * "The DET curve in assessment of detection task performance"), on which scores that are normal in
 * both classes give a straight line; the equal error rate is marked where the curve meets the
 * diagonal. The data holds deviates; the axes' labels turn them back into per cent.
 */
export function detChart(given: readonly Line[], frame: Frame): TopLevelSpec {
  const lines = bothScores(given, frame);
  const [negative, positive] = frame.sides;
  const models = runsOf(lines);
  const isAlone = models.length === 1;
  const domain = [normalQuantile(ticks[0]! / 100), normalQuantile(topOf(models) / 100)] as const;
  const axis = (field: string, title: string, labelSeparation: number) =>
    quantity(field, title, {
      domain,
      values: ticks
        .map((tick) => normalQuantile(tick / 100))
        .filter((value) => value <= domain[1] + 1e-9),
      labelExpr: `format(${tiesAway('100 * cumulativeNormal(datum.value)')}, '.3~r')`,
      labelSeparation,
      labelFontSize: 11,
    });
  const axes = {
    x: axis('x', `False positive rate, % (${negative} called ${positive})`, 4),
    y: axis('y', `False negative rate, % (${positive} called ${negative})`, 0),
  };
  const isPerfect = isAlone && models[0]!.equalErrorRate.estimate === 0;
  const hasMarks = models.some(({ equalErrorRate }) => equalErrorRate.estimate > 0);
  const pointsMark = isAlone ? 'point marks' : 'points mark';
  const marks = hasMarks ? `; the ${pointsMark} the equal error rate` : '';
  return curveChart(lines, frame, {
    chart: 'DET',
    measure: ['equal error rate', 'Equal error rate'],
    format: formatShare,
    width: domain[1] - domain[0],
    clip: true,
    number: ({ equalErrorRate }) => equalErrorRate,
    points: ({ det }) => straightInRates(det.points, deviate),
    band: ({ det }) =>
      det.band.map(({ x, low, high }) => ({
        x: deviate(x),
        low: deviate(low),
        high: deviate(high),
      })),
    notes: [
      `axes of normal deviates${marks}`,
      ...(frame.bothScores
        ? [`${positive} is positive for both scores, so their error rates sum to 1`]
        : []),
    ],
    ...axes,
    behind: [
      guide([domain[0], domain[0]], [domain[1], domain[1]], axes, {
        strokeWidth: 0.75,
        strokeDash: [],
      }),
    ],
    inFront: (names) => [
      ...equalMarks(lines, names, axes, domain[0]),
      // In the corner that the diagonal leaves free.
      ...(isPerfect ? [textAt(14, 14, noCurve, { color: ink.medium, baseline: 'top' })] : []),
    ],
  });
}

/** Where the axes end, in per cent: above all rates but those at infinity. */
function topOf(models: readonly MeasuredModel[]): number {
  let most = 0;
  for (const { det, equalErrorRate } of models) {
    // Twice the equal error rate leaves room beside its mark.
    const room = Math.min(0.99, 2 * equalErrorRate.estimate);
    if (room > most) most = room;
    for (const { x, y } of det.points) {
      if (x < 1 && x > most) most = x;
      if (y < 1 && y > most) most = y;
    }
  }
  return tops.find((top) => top >= 100 * most) ?? tops.at(-1)!;
}

function deviate(rate: number): number {
  return Math.min(beyond, Math.max(-beyond, normalQuantile(Math.min(1, Math.max(0, rate)))));
}

/**
 * A point where each curve with a name meets the diagonal, inside the frame; its rate beside it
 * where there is one curve.
 */
function equalMarks(
  lines: readonly Line[],
  names: readonly string[],
  { x, y }: Axes,
  least: number,
) {
  const values = lines
    .slice(0, names.length)
    .flatMap(({ runs }, i) =>
      runs.map((run) => ({ series: names[i]!, rate: run.equalErrorRate.estimate })),
    )
    .map(({ series, rate }) => ({
      series,
      x: deviate(rate),
      y: deviate(rate),
      text: `EER ${formatShare(rate)}`,
    }))
    .filter(({ x }) => x > least)
    .reverse(); // the first on top
  const points = pointLayer(
    names,
    { x, y, data: { name: 'equal', values } },
    { size: haveRuns(lines) ? 40 : 70 },
  );
  if (runsOf(lines).length > 1) return [points];
  // Above the point and right of it, where the curve, which only falls, cannot be, and below the
  // diagonal.
  const mark = {
    type: 'text',
    align: 'left',
    baseline: 'bottom',
    dx: 17,
    dy: -1,
    fontWeight: 'bold',
  };
  return [points, { data: { name: 'equal' }, mark, encoding: { x, y, text: { field: 'text' } } }];
}
