import type { DrawForm } from '../draw-form.ts';
import { errorsChart } from './errors-chart.ts';
import { readScores } from './read-scores.ts';

export const draw: DrawForm = (context) => {
  const { threshold = 0, title } = context.settings;
  return errorsChart(readScores(context), { threshold, title });
};
