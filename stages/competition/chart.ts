import type { TopLevelSpec } from 'vega-lite';
import { formatLevel } from '../../src/format-numbers.ts';
import {
  chart,
  type Domain,
  domainOf,
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

const width = 440;
const height = 320;
const labelSize = 12;
const longestLabel = 180;
/** Half the width of a point. */
const reach = 6;

/**
 * AUC with its interval against the number of parameters, on a logarithmic axis. Models on the
 * Pareto front are filled and joined; every other model has a rival with at least its AUC and at
 * most its parameters.
 */
export function competitionChart(
  ranked: readonly Ranked[],
  tested: Tested,
  { confidence, title }: { readonly confidence: number; readonly title?: string | undefined },
): TopLevelSpec {
  const { split } = tested;
  const ends = ranked.flatMap(({ auc }) => [auc.low, auc.estimate, auc.high]);
  const domain = { x: xDomain(ranked), y: domainOf(ends, [0, 1]) };
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
    { title: 'Score', text: `format(${tiesAway(inRow('score'))}, '.3f')` },
    rowOf(y),
    intervalOf(y, 'Interval'),
    { title: 'Learnable parameters', text: numberText(inRow('parameters')) },
  ];
  const fill = { condition: { test: 'datum.onFront', value: palette[0] }, value: '#ffffff' };
  const coordinate = (field: string) => ({ field, type: 'quantitative', scale: null });
  const subtitle = `${testedText(tested)}; lines: ${formatLevel(confidence)} interval; filled: on the Pareto front`;
  return chart(title ?? `AUC on ${split} against learnable parameters`, subtitle, width, {
    width,
    height,
    data: { name: 'candidates', values },
    layer: [
      {
        transform: [{ filter: 'datum.onFront' }],
        mark: {
          type: 'line',
          interpolate: 'step-after',
          color: ink.medium,
          strokeWidth: 1,
          strokeDash: [4, 4],
        },
        encoding: { x, y },
      },
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', color: palette[0], strokeWidth: 2 },
        encoding: { x, y: withField(y, 'low'), y2: { field: 'high' } },
      },
      {
        mark: { type: 'point', stroke: palette[0], strokeWidth: 2, opacity: 1, size: 80 },
        encoding: { x, y, fill },
      },
      nearestTooltip(hints, { x, y }),
      {
        data: { name: 'labels', values: labels(ranked, domain) },
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: labelSize },
        encoding: {
          x: coordinate('x'),
          y: coordinate('y'),
          text: { field: 'label', type: 'nominal' },
        },
      },
    ],
  });
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
 * The names beside the points, those on the front first; names without room are left to the
 * leaderboard.
 */
function labels(ranked: readonly Ranked[], domain: { readonly x: Domain; readonly y: Domain }) {
  const [left, right] = domain.x.map(Math.log10) as [number, number];
  const [bottom, top] = domain.y;
  const across = (parameters: number) => (width * (Math.log10(parameters) - left)) / (right - left);
  const up = (area: number) => (height * (top - area)) / (top - bottom);
  const inOrder = ranked.toSorted((a, b) => Number(b.onFront) - Number(a.onFront));
  const obstacles = ranked.flatMap(({ parameters, auc }) => {
    const x = across(parameters);
    const y = up(auc.estimate);
    const point = { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach };
    if (Number.isNaN(auc.low)) return [point];
    return [point, { x: x - 2, y: up(auc.high), width: 4, height: up(auc.low) - up(auc.high) }];
  });
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
  const texts = inOrder.map(
    ({ name }) => wrapText(name, longestLabel, { size: labelSize, most: 1 })[0]!,
  );
  const points = inOrder.map(({ parameters, auc }, i) => ({
    x: across(parameters),
    y: up(auc.estimate),
    width: textWidth(texts[i]!, labelSize),
    ...(!Number.isNaN(auc.low) && { top: up(auc.high), bottom: up(auc.low) }),
  }));
  const positions = layOutLabels(points, {
    height: labelSize + 2,
    gap: reach + 4,
    obstacles: [...obstacles, ...steps],
    frame: { x: 0, y: 0, width, height },
  });
  return positions.flatMap((position, i) =>
    position === undefined
      ? []
      : [{ label: texts[i]!, x: position.x, y: position.y + (labelSize + 2) / 2 }],
  );
}
