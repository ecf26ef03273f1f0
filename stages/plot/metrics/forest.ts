import type { DrawForm } from '../draw-form.ts';
import { forestChart } from './forest-chart.ts';
import { readMetrics, usualValue } from './read-metrics.ts';

export const draw: DrawForm = (context) => {
  const { value = usualValue, label, order = 'descending', title } = context.settings;
  return forestChart(readMetrics(context), { value, label, order, title });
};
