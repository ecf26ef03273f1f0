import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../src/format-numbers.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import { seriesScales } from '../../src/learning/charts/series.ts';
import { simplifyLine } from '../../src/learning/charts/simplify-line.ts';
import { ink } from '../../src/learning/charts/theme.ts';
import { normalQuantile } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import {
  curveLayers,
  guide,
  invisible,
  type Layers,
  mirrored,
  mostBands,
  type Series,
  side,
  titleWidth,
} from './curve-layers.ts';
import { haveRuns, type Line, leastOf, numberOf, runsOf } from './lines.ts';
import type { MeasuredModel } from './measure.ts';
import {
  bandText,
  type Frame,
  formatShareInterval,
  imagesText,
  legendTitle,
  lineName,
  runsText,
  titled,
} from './texts.ts';

/** In per cent. */
const ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9];
/** Where the axes may end: where the last label has room. At least at the first, so that charts of good models are alike. */
const tops = [40, 60, 80, 90, 95, 99.9];
/** Where rates of 0 and 1 are put, in deviates: they lie at infinity, beyond the frame, which the lines are cut at. */
const beyond = 4.5;

/**
 * The detection error tradeoff, both error rates on axes of normal deviates (Martin et al. 1997, "The DET curve in assessment
 * of detection task performance"), on which scores that are normal in both classes give a straight line; the equal error
 * rate is marked where the curve meets the diagonal. The data holds deviates; the axes' labels turn them back into per cent.
 * With `bothScores` one model has a second curve, by its first score: fake is positive throughout, so each of its error rates
 * is one less the other's.
 */
export function detChart(lines: readonly Line[], frame: Frame): TopLevelSpec {
  const models = runsOf(lines);
  const [first] = models as readonly [MeasuredModel];
  const isMirrored = frame.bothScores === true && models.length === 1;
  const isAlone = models.length === 1 && !isMirrored;
  const drawn = isMirrored ? bothScores(first) : lines;
  const range = [normalQuantile(ticks[0]! / 100), normalQuantile(topOf(runsOf(drawn)) / 100)] as const;
  const axis = (title: string, labelSeparation: number) => ({
    title,
    scale: { domain: [...range], nice: false, zero: false },
    axis: {
      values: ticks.map((tick) => normalQuantile(tick / 100)).filter((value) => value <= range[1] + 1e-9),
      tickCount: ticks.length, // the theme's would thin the values
      labelExpr: "format(100 * cumulativeNormal(datum.value), '.3~r')",
      labelSeparation,
      labelFontSize: 11,
    },
  });
  const [x, y] = [
    axis('False positive rate, % (real called fake)', 4),
    axis('False negative rate, % (fake called real)', 0),
  ];
  const best = leastOf(lines, errorOf);
  const hasBand = models.length <= mostBands && !haveRuns(lines);
  const series = drawn.map((line) => seriesOf(line, isAlone, hasBand, range[1] - range[0]));
  const finding = `${lines.length === 1 ? '' : 'lowest '}equal error rate ${formatShareInterval(numberOf(best, errorOf))}${lines.length === 1 ? '' : ` by ${best.name}`}`;
  const hasMark = models.some(({ equalErrorRate }) => equalErrorRate.estimate > 0);
  const notes = [
    imagesText(models, frame),
    `axes of normal deviates${hasMark ? `; the ${isAlone ? 'point marks' : 'points mark'} the equal error rate` : ''}`,
    ...(isMirrored ? ['fake is positive for both scores, so their error rates sum to 1'] : []),
    ...runsText(lines, frame),
    ...bandText(frame, series),
  ];
  const legend = isMirrored ? 'Ranked by' : legendTitle('Equal error rate', lines, frame);
  const curves = curveLayers(series, isAlone ? undefined : legend, x, y, { clip: true });
  return {
    title: chartTitle(titled(frame, 'DET', finding), notes.join('; '), titleWidth),
    width: side,
    height: side,
    layer: [
      guide(
        [
          { x: range[0], y: range[0] },
          { x: range[1], y: range[1] },
        ],
        { color: ink.medium, strokeWidth: 0.75 },
        x,
        y,
      ),
      ...curves,
      ...marks(drawn, series, isAlone, x, y, range[0]),
      ...(models.length === 1 && first.equalErrorRate.estimate === 0 ? [nothingText()] : []),
    ],
  };
}

/** Where the axes end, in per cent: above all rates but those at infinity. */
function topOf(models: readonly MeasuredModel[]): number {
  const rates = models
    // Twice the equal error rate leaves room beside its mark.
    .flatMap(({ det, equalErrorRate }) => [
      Math.min(0.99, 2 * equalErrorRate.estimate),
      ...det.points.flatMap(({ x, y }) => [x, y]),
    ])
    .filter((rate) => rate < 1);
  const most = 100 * rates.reduce((top, rate) => Math.max(top, rate), 0);
  return tops.find((top) => top >= most) ?? tops.at(-1)!;
}

function deviate(rate: number): number {
  return Math.min(beyond, Math.max(-beyond, normalQuantile(Math.min(1, Math.max(0, rate)))));
}

/** One model by its second score and by its first, whose threshold parts the images the other way round. */
function bothScores(model: MeasuredModel): readonly Line[] {
  const { det, equalErrorRate } = model;
  const { estimate, low, high } = equalErrorRate;
  const byFirst: MeasuredModel = {
    ...model,
    equalErrorRate: { ...equalErrorRate, estimate: 1 - estimate, low: 1 - high, high: 1 - low },
    det: { points: mirrored(det.points), band: [] },
  };
  return [
    { name: 'second score (fake)', runs: [model] },
    { name: 'first score (real)', runs: [byFirst] },
  ];
}

const errorOf = ({ equalErrorRate }: MeasuredModel) => equalErrorRate;

function seriesOf(line: Line, isAlone: boolean, hasBand: boolean, width: number): Series {
  const curves = line.runs.map(({ det }) => det.points.map(({ x, y }) => ({ x: deviate(x), y: deviate(y) })));
  const { band } = line.runs[0]!.det;
  return {
    name: isAlone ? 'DET' : `${lineName(line)}: ${formatShareInterval(numberOf(line, errorOf))}`,
    curves: curves.map((points) => simplifyLine(points, invisible * width)),
    band: hasBand ? band.map(({ x, low, high }) => ({ x: deviate(x), low: deviate(low), high: deviate(high) })) : [],
  };
}

/** A point where each curve meets the diagonal, inside the frame; its rate beside it where there is one curve. */
function marks(
  lines: readonly Line[],
  series: readonly Series[],
  isAlone: boolean,
  x: object,
  y: object,
  least: number,
): Layers {
  const { color, shape } = seriesScales(series.map(({ name }) => name));
  const values = lines
    .flatMap(({ runs }, i) => runs.map((run) => ({ estimate: errorOf(run).estimate, i })))
    .map(({ estimate, i }) => ({
      series: series[i]!.name,
      colour: color.range[i],
      shape: shape.range[i],
      x: deviate(estimate),
      y: deviate(estimate),
      text: `EER ${formatShare(estimate)}`,
    }))
    .filter((row) => row.x > least)
    .reverse(); // the first on top
  const place = {
    x: { ...x, field: 'x', type: 'quantitative' as const },
    y: { ...y, field: 'y', type: 'quantitative' as const },
  };
  return [
    {
      data: { name: 'equal', values },
      mark: { type: 'point', size: haveRuns(lines) ? 40 : 70, opacity: 1 },
      encoding: {
        ...place,
        fill: { field: 'colour', type: 'nominal', scale: null },
        shape: { field: 'shape', type: 'nominal', scale: null },
      },
    },
    ...(isAlone
      ? [
          {
            data: { name: 'equal' },
            // Between the curve, which falls from the point, and the diagonal, which rises from it.
            mark: { type: 'text' as const, align: 'left' as const, dx: 15, dy: -3, fontWeight: 'bold' as const },
            encoding: { ...place, text: { field: 'text' } },
          },
        ]
      : []),
  ];
}

/** In the corner that the diagonal leaves free. */
function nothingText(): Layers[number] {
  return {
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: ['No curve: a threshold parts', 'the classes without a mistake'],
      color: ink.medium,
      align: 'left',
      baseline: 'top',
    },
    encoding: { x: { value: 14 }, y: { value: 14 } },
  };
}
