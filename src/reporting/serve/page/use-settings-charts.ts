import { useEffect, useState } from 'preact/hooks';
import type { SettingsCharts } from '../../compare/settings-charts.ts';
import { queryValue } from './address.ts';

/** Charts that were loaded, by metric; null where there are none. */
const loaded = new Map<string, SettingsCharts | null>();

/** The charts of settings for a metric, which the server makes when they are first asked for. */
export function useSettingsCharts(
  metric: string,
  charts: Readonly<Record<string, SettingsCharts>> | undefined,
): SettingsCharts | 'loading' | 'none' {
  const [, setCount] = useState(0);
  const known = charts === undefined ? loaded.get(metric) : (charts[metric] ?? null);
  useEffect(() => {
    if (known !== undefined) return;
    const query = new URLSearchParams({ runs: queryValue('runs'), y: metric });
    fetch(`/settings-charts.json?${query.toString()}`)
      .then((answer) => (answer.ok ? (answer.json() as Promise<SettingsCharts | null>) : null))
      .catch(() => null)
      .then((answer) => {
        loaded.set(metric, answer);
        setCount((count) => count + 1);
      });
  }, [metric]);
  if (known === undefined) return 'loading';
  return known ?? 'none';
}
