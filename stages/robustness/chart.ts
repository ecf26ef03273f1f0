import type { TopLevelSpec } from 'vega-lite';
import { formatLevel } from '../../src/format-numbers.ts';
import {
  chart,
  domainOf,
  type Part,
  quantity,
  ruleAt,
} from '../../src/learning/charts/encoders.ts';
import { lineLayers } from '../../src/learning/charts/line-layers.ts';
import { formatArea } from '../../src/learning/metrics/comparison/format-areas.ts';
import type { Interval } from '../../src/learning/metrics/intervals/interval.ts';
import type { Change } from './changes.ts';

const width = 220;
const height = 170;
const spacing = 28;
const mostAcross = 3;

interface ChartOptions {
  readonly title: string;
  readonly split: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly confidence: number;
}

/** What a panel is about: the words for its axis, or its stage and axis. */
export const titleOfChange = (
  { stage, axis }: Change,
  titles: Readonly<Record<string, string>>,
): string => titles[axis] ?? (stage === undefined || stage === axis ? axis : `${stage}: ${axis}`);

/** A panel for each change; all have one scale of AUC. */
export function robustnessChart(
  changes: readonly Change[],
  unchanged: Interval,
  { title, split, titles, confidence }: ChartOptions,
): TopLevelSpec {
  const ends = changes.flatMap(({ strengths }) =>
    strengths.flatMap(({ auc: { estimate, low, high } }) => [estimate, low, high]),
  );
  const domain = domainOf([...ends, unchanged.low, unchanged.high, 0.5], [0, 1]);
  const across = Math.min(mostAcross, changes.length);
  const subtitle = `Dashed: unchanged, ${formatArea(unchanged.estimate)}; dotted: chance; bands: ${formatLevel(confidence)} intervals`;
  const panels = changes.map((change, index) =>
    panel(change, { unchanged, domain, titles, split, index }),
  );
  return chart(title, subtitle, Math.max(380, across * width + (across - 1) * spacing), {
    columns: mostAcross,
    spacing,
    concat: panels,
  });
}

interface PanelOptions {
  readonly unchanged: Interval;
  readonly domain: readonly [number, number];
  readonly titles: Readonly<Record<string, string>>;
  readonly split: string;
  readonly index: number;
}

function panel(change: Change, { unchanged, domain, titles, split, index }: PanelOptions): Part {
  const rows = change.strengths.map(({ strength, auc, adjustedP }) => ({
    series: 'changed',
    x: strength,
    value: auc.estimate,
    low: auc.low,
    high: auc.high,
    adjustedP,
  }));
  const values = rows.map(({ x }) => x);
  const x = quantity('x', titleOfChange(change, titles), {
    domain: [values[0]!, values.at(-1)!],
    scale: { padding: 8 },
    // Each number keeps its digits.
    values,
    labelExpr: "'' + datum.value",
    grid: false,
    labelOverlap: true,
  });
  const isFirst = index % mostAcross === 0;
  const y = quantity('value', isFirst ? `AUC on ${split}` : null, { domain, tickCount: 5 });
  return {
    data: { name: `strengths-${index}`, values: rows },
    width,
    height,
    layer: [
      ruleAt('y', 0.5, y, { strokeDash: [1, 3] }),
      ruleAt('y', unchanged.estimate, y),
      ...lineLayers(['changed'], {
        x,
        y,
        legend: null,
        bands: true,
        points: true,
        tooltip: { y: 'AUC', band: 'Interval' },
      }),
    ],
  };
}
