import type { DrawForm } from '../draw-form.ts';
import { confusionChart } from './confusion-chart.ts';
import { readScores } from './read-scores.ts';

export const draw: DrawForm = (context) => {
  const { threshold = 0, title } = context.settings;
  return confusionChart(readScores(context), { threshold, title });
};
