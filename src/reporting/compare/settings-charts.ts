import type { TopLevelSpec } from 'vega-lite';
import { theme } from '../../learning/charts/theme.ts';
import type { About } from '../../learning/trials/about.ts';
import { importanceChart } from '../../learning/trials/importance-chart.ts';
import { importanceRows } from '../../learning/trials/importance-rows.ts';
import {
  type ParallelAxis,
  parallelAxes,
  parallelChart,
} from '../../learning/trials/parallel-chart.ts';
import { slicesChart } from '../../learning/trials/slices-chart.ts';
import { isVaried, rankTrials, settingOf, type Trials } from '../../learning/trials/trials.ts';
import { Random } from '../../random.ts';
import type { ComparisonGrid, SettingColumn } from './comparison-grid.ts';

/** What a sweep of the compared subjects looks like: the charts that the kind `sweep` draws. */
export interface SettingsCharts {
  readonly parallel: TopLevelSpec;
  readonly slices: TopLevelSpec;
  readonly importance: TopLevelSpec;
  readonly height: number;
  readonly axes: readonly ParallelAxis[];
  /** What the importance cannot say of so few subjects; empty: nothing. */
  readonly warning: string;
}

/** More axes than this cannot be told apart. */
const mostSettings = 12;
const mostMarked = 5;
const trees = 300;
const seed = 7;
/** Below this many subjects for each setting a forest finds little. */
const fewSubjects = 10;

/**
 * The settings of subjects against one of their metrics; undefined where fewer than two have it, or
 * where they differ in no setting. `noun` says what a subject is.
 */
export function settingsCharts(
  grid: ComparisonGrid,
  metricName: string,
  noun: string,
): SettingsCharts | undefined {
  const metric = grid.metrics.find(({ name }) => name === metricName);
  if (metric === undefined) return undefined;
  const places = [...grid.labels.keys()].filter((place) => metric.values[place] !== null);
  const trials = places.map((place) => ({
    name: grid.labels[place]!,
    value: metric.values[place]!,
  }));
  const columns = decidingSettings(grid, places);
  const names = columns.map(({ name }) => name);
  const settings = columns
    .map(({ name, values }) =>
      settingOf(
        name,
        names,
        places.map((place) => values[place]?.toString()),
      ),
    )
    .filter(isVaried)
    .slice(0, mostSettings);
  if (trials.length < 2 || settings.length === 0) return undefined;
  const sweep: Trials = { trials, settings };
  const about = aboutOf(sweep, metric.name, { better: metric.better ?? 'higher', noun });
  const rows = importanceRows(sweep, { trees, random: new Random('sweep', seed) });
  const { height, axes } = parallelAxes(sweep, about.by);
  const isFew = trials.length < fewSubjects * settings.length;
  return {
    parallel: { ...parallelChart(sweep, about), config: theme },
    slices: { ...slicesChart(sweep, about), config: theme },
    importance: { ...importanceChart(rows, { ...about, trials: trials.length }), config: theme },
    height,
    axes: axes.map((axis) => (axis.name === '' ? { ...axis, name: metric.name } : axis)),
    warning: isFew ? `${trials.length} ${noun}s are few for ${settings.length} settings.` : '',
  };
}

function aboutOf(
  sweep: Trials,
  path: string,
  { better, noun }: Pick<About, 'better' | 'noun'>,
): About {
  const end = path.lastIndexOf('.');
  return {
    by: path.slice(end + 1),
    on: end < 0 ? '' : path.slice(0, end),
    better,
    best: Math.min(mostMarked, sweep.trials.length),
    ranks: rankTrials(sweep, better),
    noun,
  };
}

/**
 * The settings that can decide something. Of members of one run these are its axes, whose values
 * other settings may contain. Of settings that always change together only the first counts.
 */
function decidingSettings(
  { settings, runs }: ComparisonGrid,
  places: readonly number[],
): readonly SettingColumn[] {
  const isOneRun = new Set(places.map((place) => runs[place])).size === 1;
  const axes = settings.filter(({ isAxis }) => isAxis);
  const known = new Set<string>();
  return (isOneRun && axes.length > 0 ? axes : settings).filter(({ values }) => {
    const parts = places.map((place) => values.indexOf(values[place]!)).join();
    const isNew = !known.has(parts);
    known.add(parts);
    return isNew;
  });
}
