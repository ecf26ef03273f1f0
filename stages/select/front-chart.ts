import { logarithmicTicks } from '../../src/learning/charts/axis-ticks.ts';
import { chart, type Domain, domainOf, quantity } from '../../src/learning/charts/encoders.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { layOutLabels } from '../../src/learning/charts/label-layout.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import { headingOf, nearestTooltip, rowOf } from '../../src/learning/charts/tooltips.ts';
import { wrapText } from '../../src/learning/charts/wrap-text.ts';
import { findMetric, titleOfPath } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { ChartContext } from '../../src/stage.ts';
import { type Criterion, parameterCount } from './criteria.ts';

const width = 440;
const height = 320;
const labelSize = 12;
const longestLabel = 180;
/** Half the width of a point. */
const reach = 6;

/** A candidate among others, with its numbers in the order of the criteria. */
interface FrontPoint {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly isOnFront: boolean;
}

/** A number's axis, on which counts that differ by a factor of ten or more are logarithmic. */
interface NumberAxis {
  readonly title: string;
  readonly domain: Domain;
  readonly isLogarithmic: boolean;
}

/**
 * Draws the first criterion upwards against the second one. Candidates on the Pareto front of all
 * criteria are filled and, of two criteria, joined.
 */
export async function drawFront(
  context: ChartContext,
  candidates: readonly FrontPoint[],
  criteria: readonly Criterion[],
): Promise<void> {
  const points = candidates.filter(({ values }) => values[0] !== null && values[1] !== null);
  const numbersAt = (at: number) => points.map(({ values }) => values[at]!);
  const up = axisOf(criteria[0]!, numbersAt(0));
  const across = axisOf(criteria[1]!, numbersAt(1));
  const values = points.map(({ name, values: [y, x], isOnFront }) => ({ name, x, y, isOnFront }));
  const x = encode('x', across);
  const y = encode('y', up);
  const fill = { condition: { test: 'datum.isOnFront', value: palette[0] }, value: '#ffffff' };
  const front = {
    transform: [{ filter: 'datum.isOnFront' }],
    mark: {
      type: 'line',
      // Between two of the front, the better one on the axis across is not reached yet.
      interpolate: criteria[1]!.better === 'lower' ? 'step-after' : 'step-before',
      color: ink.medium,
      strokeWidth: 1,
      strokeDash: [4, 4],
    },
    encoding: { x, y },
  };
  const body = {
    width,
    height,
    data: { name: 'candidates', values },
    layer: [
      ...(criteria.length === 2 ? [front] : []),
      {
        mark: { type: 'point', stroke: palette[0], strokeWidth: 2, opacity: 1, size: 70 },
        encoding: { x, y, fill },
      },
      nearestTooltip([headingOf('name'), rowOf(y), rowOf(x)], { x, y }),
      {
        data: { name: 'labels', values: labelsOf(points, criteria, { across, up }) },
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: labelSize },
        encoding: {
          x: { field: 'x', type: 'quantitative', scale: null },
          y: { field: 'y', type: 'quantitative', scale: null },
          text: { field: 'label', type: 'nominal' },
        },
      },
    ],
  };
  const count = points.filter(({ isOnFront }) => isOnFront).length;
  const subtitle = `filled: on the Pareto front, ${count} of ${points.length} candidates`;
  await renderOutput(
    context,
    'frontChart',
    chart(`${up.title} against ${nameInText(criteria[1]!)}`, subtitle, width, body),
  );
}

const nameInText = ({ name }: Criterion): string =>
  name === parameterCount ? 'learnable parameters' : (findMetric(name)?.title ?? name);

function axisOf({ name }: Criterion, values: readonly number[]): NumberAxis {
  const isCount = name === parameterCount;
  const title = isCount ? 'Learnable parameters' : titleOfPath(`${selectionSplit}.${name}`);
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (low <= 0 || high < 10 * low) return { title, domain: domainOf(values), isLogarithmic: false };
  const margin = 0.08 * Math.log(high / low);
  const domain: Domain = [low * Math.exp(-margin), high * Math.exp(margin)];
  return { title, domain, isLogarithmic: true };
}

const encode = (field: string, { title, domain, isLogarithmic }: NumberAxis) =>
  quantity(field, title, {
    domain,
    ...(isLogarithmic && {
      scale: { type: 'log', zero: undefined },
      values: logarithmicTicks(domain),
      format: '~s',
    }),
  });

/** The share of an axis, from its lower end, at which a value lies. */
function shareOf({ domain: [low, high], isLogarithmic }: NumberAxis, value: number): number {
  if (isLogarithmic) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

interface NumberAxes {
  readonly across: NumberAxis;
  readonly up: NumberAxis;
}

/** The names beside the points of the front; those without room are left to the table. */
function labelsOf(
  points: readonly FrontPoint[],
  criteria: readonly Criterion[],
  { across, up }: NumberAxes,
) {
  const placed = points.map(({ name, values: [y, x], isOnFront }) => ({
    text: wrapText(name, longestLabel, { size: labelSize, most: 1 })[0] ?? '',
    isOnFront,
    x: width * shareOf(across, x!),
    y: height * (1 - shareOf(up, y!)),
  }));
  const dots = placed.map(({ x, y }) => ({
    x: x - reach,
    y: y - reach,
    width: 2 * reach,
    height: 2 * reach,
  }));
  const named = placed.filter(({ isOnFront }) => isOnFront);
  const steps = criteria.length === 2 ? stepsThrough(named, criteria[1]!) : [];
  const labelled = named.map(({ x, y, text }) => ({ x, y, width: textWidth(text, labelSize) }));
  const positions = layOutLabels(labelled, {
    height: labelSize + 2,
    gap: reach + 4,
    obstacles: [...dots, ...steps],
    frame: { x: 0, y: 0, width, height },
  });
  return positions.flatMap((position, at) =>
    position === undefined
      ? []
      : [{ label: named[at]!.text, x: position.x, y: position.y + (labelSize + 2) / 2 }],
  );
}

/** The strokes that join the points of the front, as boxes. */
function stepsThrough(
  points: readonly { readonly x: number; readonly y: number }[],
  { better }: Criterion,
) {
  const corners = points.toSorted((a, b) => a.x - b.x);
  return corners.slice(1).flatMap((to, i) => {
    const from = corners[i]!;
    const level = better === 'lower' ? from.y : to.y;
    const turn = better === 'lower' ? to.x : from.x;
    const top = Math.min(from.y, to.y);
    return [
      { x: from.x, y: level - 1, width: to.x - from.x, height: 2 },
      { x: turn - 1, y: top, width: 2, height: Math.abs(to.y - from.y) },
    ];
  });
}
