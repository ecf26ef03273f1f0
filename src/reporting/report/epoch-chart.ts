import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../learning/charts/chart-title.ts';
import { theme } from '../../learning/charts/theme.ts';
import type { CurvePoint } from '../../stage.ts';

const width = 440;

/** The curves of a stage that still runs: one panel for losses, one for everything else. Undefined before the second point. */
export function epochChart(stage: string, points: readonly CurvePoint[]): TopLevelSpec | undefined {
  const last = points.at(-1);
  if (last === undefined || points.length < 2) return undefined;
  const { unit } = last;
  const data = points.flatMap(({ step, values }) =>
    Object.entries(values).map(([name, value]) => ({
      step,
      curve: name.replace(/ (loss|accuracy)$/, ''),
      panel: /loss$/.test(name) ? 'loss' : /accuracy$/.test(name) ? 'accuracy' : 'value',
      value,
    })),
  );
  const panels = [...new Set(data.map(({ panel }) => panel))];
  const of = last.total === undefined ? '' : ` of ${last.total}`;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: { ...theme },
    title: chartTitle(`${stage} after ${unit} ${last.step}${of}`, 'It goes on.', width),
    data: { values: data },
    vconcat: panels.map((panel) => ({
      width,
      height: 160,
      transform: [{ filter: { field: 'panel', equal: panel } }],
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: unit, axis: { tickMinStep: 1, format: 'd' } },
        y: { field: 'value', type: 'quantitative', title: panel, scale: { zero: false } },
        color: { field: 'curve', type: 'nominal', title: null, sort: null },
        strokeDash: { field: 'curve', type: 'nominal', title: null, sort: null },
        shape: { field: 'curve', type: 'nominal', title: null, sort: null },
      },
    })),
  };
}
