import type { DrawForm } from '../draw-form.ts';
import { linesChart } from './lines-chart.ts';
import { linesAgainst } from './lines-data.ts';
import { readMetrics, usualValue } from './read-metrics.ts';

export const draw: DrawForm = (context) => {
  const { value = usualValue, label, against, over = [], title } = context.settings;
  return linesChart(linesAgainst(readMetrics(context), { against, over }), { value, label, title });
};
