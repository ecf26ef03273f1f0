import type { DrawForm } from '../draw-form.ts';
import { histogramChart } from './histogram-chart.ts';
import { readScores } from './read-scores.ts';

export const draw: DrawForm = (context) => {
  const { bins = 40, scale = 'share', threshold = 0, title } = context.settings;
  return histogramChart(readScores(context), { bins, scale, threshold, title });
};
