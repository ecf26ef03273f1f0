import type { TopLevelSpec } from 'vega-lite';
import { formatLevel } from '../../src/format-numbers.ts';
import {
  type Axes,
  chart,
  type Domain,
  domainOf,
  type Part,
  quantity,
  withField,
} from '../../src/learning/charts/encoders.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { layOutLabels } from '../../src/learning/charts/label-layout.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import {
  headingOf,
  inRow,
  intervalOf,
  nearestTooltip,
  numberText,
  rowOf,
  tiesAway,
} from '../../src/learning/charts/tooltips.ts';
import { wrapText } from '../../src/learning/charts/wrap-text.ts';
import { type Ranked, type Tested, testedText } from './leaderboard.ts';
import type { RankBy } from './spec.ts';

const width = 440;
const height = 320;
const labelSize = 12;
const longestLabel = 180;
/** Half the width of a point. */
const reach = 6;
/** With more models, the intervals cross each other and leave no room for names. */
const mostIntervals = 10;

/**
 * AUC, of few models with its interval, against the number of parameters, on a logarithmic axis.
 * Models on the Pareto front are filled and joined; every other model has a rival with at least its
 * AUC and at most its parameters.
 */
export function competitionChart(
  ranked: readonly Ranked[],
  tested: Tested,
  {
    confidence,
    rankBy,
    title,
  }: {
    readonly confidence: number;
    readonly rankBy: RankBy;
    readonly title?: string | undefined;
  },
): TopLevelSpec {
  const { split } = tested;
  const hasIntervals = ranked.length <= mostIntervals;
  const ends = ranked.flatMap(({ auc }) =>
    hasIntervals ? [auc.low, auc.estimate, auc.high] : [auc.estimate],
  );
  const domain = { x: xDomain(ranked), y: domainOf(ends, [0, 1]) };
  const names = labels(ranked, domain, hasIntervals);
  const values = ranked.map(({ name, parameters, auc, score, rank, onFront }) => ({
    model: name,
    parameters,
    auc: auc.estimate,
    score: score.estimate,
    rank,
    onFront,
    ...(!Number.isNaN(auc.low) && { low: auc.low, high: auc.high }),
  }));
  const x = quantity('parameters', 'Learnable parameters', {
    domain: domain.x,
    scale: { type: 'log', zero: undefined },
    format: '~s',
    values: ticks(domain.x),
  });
  const y = quantity('auc', `AUC on ${split}`, { domain: domain.y, tickCount: 6 });
  const hints = [
    headingOf('model'),
    { title: 'Rank', text: numberText(inRow('rank')) },
    ...(rankBy === 'score' ? [scoreHint] : []),
    rowOf(y),
    intervalOf(y, 'Interval'),
    { title: 'Learnable parameters', text: numberText(inRow('parameters')) },
  ];
  const fill = { condition: { test: 'datum.onFront', value: palette[0] }, value: '#ffffff' };
  const notes = [
    testedText(tested),
    hasIntervals && `lines: ${formatLevel(confidence)} interval`,
    'filled: on the Pareto front',
    ranked.length > 1 && 'bold: the first',
    names.length < ranked.length && 'names where there is room',
  ];
  return chart(
    title ?? `AUC on ${split} against learnable parameters`,
    notes.filter(Boolean).join('; '),
    width,
    {
      width,
      height,
      data: { name: 'candidates', values },
      layer: [
        frontLine({ x, y }),
        ...(hasIntervals ? [intervalLines({ x, y })] : []),
        {
          mark: { type: 'point', stroke: palette[0], strokeWidth: 2, opacity: 1, size: 80 },
          encoding: { x, y, fill },
        },
        nearestTooltip(hints, { x, y }),
        nameTexts(names),
      ],
    },
  );
}

const scoreHint = { title: 'Score', text: `format(${tiesAway(inRow('score'))}, '.3f')` };

/** The Pareto front. */
const frontLine = (axes: Axes): Part => ({
  transform: [{ filter: 'datum.onFront' }],
  mark: {
    type: 'line',
    interpolate: 'step-after',
    color: ink.medium,
    strokeWidth: 1,
    strokeDash: [4, 4],
  },
  encoding: axes,
});

const intervalLines = ({ x, y }: Axes): Part => ({
  transform: [{ filter: 'isValid(datum.low)' }],
  mark: { type: 'rule', color: palette[0], strokeWidth: 2 },
  encoding: { x, y: withField(y, 'low'), y2: { field: 'high' } },
});

function nameTexts(names: ReturnType<typeof labels>): Part {
  const coordinate = (field: string) => ({ field, type: 'quantitative', scale: null });
  return {
    data: { name: 'labels', values: names },
    mark: {
      type: 'text',
      align: 'left',
      baseline: 'middle',
      fontSize: labelSize,
      fontWeight: { expr: "datum.isFirst ? 'bold' : 'normal'" },
    },
    encoding: {
      x: coordinate('x'),
      y: coordinate('y'),
      text: { field: 'label', type: 'nominal' },
    },
  };
}

/** With room for labels, and never narrower than a factor of ten. */
function xDomain(ranked: readonly Ranked[]): Domain {
  const logs = ranked.map(({ parameters }) => Math.log10(parameters));
  const low = Math.min(...logs);
  const high = Math.max(...logs);
  const margin = Math.max(0.5 - (high - low) / 2, 0.15 * (high - low));
  return [10 ** Math.max(0, low - margin), 10 ** (high + margin)];
}

/** Powers of ten, and where these are few, their doubles and fives. */
function ticks([low, high]: Domain): readonly number[] {
  const decades = Array.from({ length: 12 }, (_, power) => 10 ** power);
  const inside = (values: readonly number[]) =>
    values.filter((value) => value >= low && value <= high);
  const powers = inside(decades);
  return powers.length > 2
    ? powers
    : inside(decades.flatMap((power) => [power, 2 * power, 5 * power]));
}

/**
 * The names beside their points, the first models first; those without room are left to the ranking
 * chart. Only the name of the first is never left out.
 */
function labels(
  ranked: readonly Ranked[],
  domain: { readonly x: Domain; readonly y: Domain },
  hasIntervals: boolean,
) {
  const [left, right] = domain.x.map(Math.log10) as [number, number];
  const [bottom, top] = domain.y;
  const across = (parameters: number) => (width * (Math.log10(parameters) - left)) / (right - left);
  const up = (area: number) => (height * (top - area)) / (top - bottom);
  const points = ranked.map(({ name, parameters, auc, rank }, i) => {
    const isFirst = rank === 1;
    const font = { size: labelSize, weight: isFirst ? 'bold' : 'normal' } as const;
    const label = wrapText(name, longestLabel, { ...font, most: 1 })[0]!;
    return {
      label,
      isFirst,
      isKept: i === 0,
      x: across(parameters),
      y: up(auc.estimate),
      width: textWidth(label, font.size, font.weight),
    };
  });
  const dots = points.map(({ x, y }) => ({
    x: x - reach,
    y: y - reach,
    width: 2 * reach,
    height: 2 * reach,
  }));
  const lines = ranked.flatMap(({ parameters, auc }) =>
    !hasIntervals || Number.isNaN(auc.low)
      ? []
      : [
          {
            x: across(parameters) - 2,
            y: up(auc.high),
            width: 4,
            height: up(auc.low) - up(auc.high),
          },
        ],
  );
  const corners = ranked
    .filter(({ onFront }) => onFront)
    .sort((a, b) => a.parameters - b.parameters);
  const steps = corners.slice(1).flatMap(({ parameters, auc }, i) => {
    const fromX = across(corners[i]!.parameters);
    const toX = across(parameters);
    const fromY = up(corners[i]!.auc.estimate);
    const toY = up(auc.estimate);
    return [
      { x: fromX, y: fromY - 1, width: toX - fromX, height: 2 },
      { x: toX - 1, y: toY, width: 2, height: fromY - toY },
    ];
  });
  const lineHeight = labelSize + 2;
  const positions = layOutLabels(points, {
    height: lineHeight,
    gap: reach + 4,
    frame: { x: 0, y: 0, width, height },
    obstacles: [...dots, ...lines, ...steps],
    mayLeave: false,
  });
  return positions.flatMap((position, i) => {
    const { label, isFirst } = points[i]!;
    return position === undefined
      ? []
      : [{ label, isFirst, x: position.x, y: position.y + lineHeight / 2 }];
  });
}
