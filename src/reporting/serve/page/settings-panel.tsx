import type { ComponentChildren } from 'preact';
import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import type { SettingsCharts } from '../../compare/settings-charts.ts';
import { Choice } from './choice.tsx';
import { Scatter } from './compare-scatter.tsx';
import { HeatMap } from './heat-map.tsx';
import { ParallelChart } from './parallel-panel.tsx';
import { useSettingsCharts } from './use-settings-charts.ts';
import { useView } from './use-view.ts';
import { VegaChart } from './vega-chart.tsx';

/** The forms in which settings are drawn against a metric, by their names in the address. */
const forms = {
  '': 'a point for each',
  parallel: 'parallel coordinates',
  heat: 'heat map of two settings',
  slices: 'each setting',
  importance: 'importance of each setting',
} as const;

export interface SettingsPanelProps {
  readonly grid: ComparisonGrid;
  /** Colours and fonts of charts. */
  readonly theme: object;
  /** The charts that `sweep` draws, by metric; absent where the server makes them on request. */
  readonly charts: Readonly<Record<string, SettingsCharts>> | undefined;
  /** The places that the filter leaves. */
  readonly shown: ReadonlySet<number>;
  /** Replaces the conditions of the filter on some columns by what was dragged over. */
  brush(ranges: readonly Range[]): void;
}

/** The stretch of a column that was dragged over. */
export type Range =
  | { readonly name: string; readonly low: number; readonly high: number }
  | { readonly name: string; readonly values: readonly string[] };

/** Settings against metrics, in several forms. A drag over points or an axis filters the table. */
export function SettingsPanel(props: SettingsPanelProps) {
  const { grid } = props;
  const { view, change } = useView('chart', 'y');
  const metrics = grid.metrics.map(({ name }) => name);
  const metric = metrics.includes(view.y) ? view.y : metrics[0];
  if (grid.settings.length === 0 || metric === undefined) return null;
  const form = (view.chart in forms ? view.chart : '') as keyof typeof forms;
  return (
    <section aria-labelledby="settings-title">
      <h2 id="settings-title">Settings and metrics</h2>
      <figure class="card">
        <form class="line padded" onSubmit={(event) => event.preventDefault()}>
          <Choice
            label="Chart"
            value={form}
            options={Object.keys(forms)}
            titles={forms}
            choose={(chart) => change({ chart })}
          />
          {form !== '' && (
            <Choice label="Metric" value={metric} options={metrics} choose={(y) => change({ y })} />
          )}
        </form>
        {form === '' && <Scatter {...props} />}
        {form === 'heat' && <HeatMap {...props} metric={metric} />}
        {form !== '' && form !== 'heat' && <SweepChart {...props} metric={metric} form={form} />}
      </figure>
    </section>
  );
}

interface SweepChartProps extends SettingsPanelProps {
  readonly metric: string;
  readonly form: 'parallel' | 'slices' | 'importance';
}

/** The charts that the kind `sweep` draws, of what is compared. */
function SweepChart({ metric, form, charts, ...props }: SweepChartProps) {
  const state = useSettingsCharts(metric, charts);
  if (state === 'loading') return <Message>Computing …</Message>;
  if (state === 'none')
    return <Message>This needs two that have the metric and differ in a setting.</Message>;
  return (
    <>
      {form === 'parallel' ? (
        <ParallelChart {...props} charts={state} />
      ) : (
        <VegaChart spec={state[form]} label={`${form} of settings for ${metric}`} />
      )}
      <figcaption>{captionOf(form, state)}</figcaption>
    </>
  );
}

const captions: Readonly<Record<SweepChartProps['form'], string>> = {
  parallel: 'Drag along an axis to filter the table.',
  slices: 'Each setting against the metric; other settings differ as well.',
  importance:
    'The functional ANOVA of a random forest: the share of the variance that a setting explains alone. The intervals say how far it would move with others of the same number.',
};

const captionOf = (form: SweepChartProps['form'], { warning }: SettingsCharts): string =>
  form === 'importance' ? `${captions[form]} ${warning}` : captions[form];

const Message = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="soft padded" role="status">
    {children}
  </p>
);
