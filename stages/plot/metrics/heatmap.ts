import type { DrawForm } from '../draw-form.ts';
import { heatmapCells } from './heatmap-cells.ts';
import { heatmapChart } from './heatmap-chart.ts';
import { readMetrics, usualValue } from './read-metrics.ts';

export const draw: DrawForm = (context) => {
  const { value = usualValue, label, rows, columns, title } = context.settings;
  return heatmapChart(heatmapCells(readMetrics(context), { rows, columns }), { label: label ?? value, title });
};
