import type { ParallelAxis } from '../../../learning/trials/parallel-chart.ts';
import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import type { SettingsCharts } from '../../compare/settings-charts.ts';
import { type Box, DragBox } from './drag-box.tsx';
import type { Range } from './settings-view.ts';
import { plotOf, VegaChart } from './vega-chart.tsx';

interface ParallelChartProps {
  readonly grid: ComparisonGrid;
  readonly charts: SettingsCharts;
  readonly shown: ReadonlySet<number>;
  brush(ranges: readonly Range[]): void;
}

/** A drag this far from an axis still means it, in units. */
const reach = 40;

/** A line for each subject across all settings; those that the filter leaves out are faint. */
export function ParallelChart({ grid, charts, shown, brush }: ParallelChartProps) {
  const { axes, height } = charts;
  const drag = ({ left, right, top, bottom }: Box) => {
    const middle = (left + right) / 2;
    const [axis] = axes.toSorted((a, b) => Math.abs(a.x - middle) - Math.abs(b.x - middle));
    if (axis === undefined || Math.abs(axis.x - middle) > reach) return;
    brush([rangeOf(axis, [1 - bottom / height, 1 - top / height])]);
  };
  return (
    <DragBox plotOf={plotOf} drag={drag}>
      <VegaChart
        spec={withShown(charts.parallel, grid, shown)}
        label="Parallel coordinates of settings"
      />
    </DragBox>
  );
}

/** The values of a stretch of an axis, whose ends are shares of its height from the bottom. */
function rangeOf({ name, scale }: ParallelAxis, [from, to]: readonly [number, number]): Range {
  if (scale.form === 'levels') {
    const { levels } = scale;
    const inside = levels.filter((_, index) => {
      const at = (index + 0.5) / levels.length;
      return at >= from && at <= to;
    });
    return { name, values: inside.map(String) };
  }
  const [low, high] = scale.domain;
  const valueAt = (share: number) =>
    scale.isLogarithmic ? low * (high / low) ** share : low + share * (high - low);
  return { name, low: valueAt(Math.max(0, from)), high: valueAt(Math.min(1, to)) };
}

/** A row of the lines' data. */
interface LineRow {
  readonly trial: string;
}

/** The layer of lines of a chart of parallel coordinates, which is its first. */
interface LineLayer {
  readonly data: { readonly values: readonly LineRow[] };
  readonly mark: object;
  readonly encoding: object;
}

/** The chart with the lines of other subjects faint, behind those that are shown. */
function withShown(
  spec: SettingsCharts['parallel'],
  { labels }: ComparisonGrid,
  shown: ReadonlySet<number>,
): object {
  if (shown.size === labels.length || !('layer' in spec)) return spec;
  const [lines, ...others] = spec.layer as readonly object[];
  const { data, mark, encoding } = lines as LineLayer;
  const names = new Set([...shown].map((place) => labels[place]));
  const of = (isShown: boolean) => data.values.filter(({ trial }) => names.has(trial) === isShown);
  const faint = {
    data: { values: of(false) },
    mark: { type: 'line', strokeWidth: 1, opacity: 0.12 },
    encoding: { ...encoding, color: { value: '#5f6368' } },
  };
  const clear = { data: { name: 'trials', values: of(true) }, mark, encoding };
  return { ...spec, layer: [faint, clear, ...others] };
}
