import { type ClassScores, tempered } from './classification/class-scores.ts';
import { confusionMatrix } from './classification/confusion-matrix.ts';
import { classDecisions, decisionsOf } from './classification/decision-metrics.ts';
import { judgeForecasts } from './judge-forecasts.ts';
import {
  type CalibrationMetric,
  type ClassifierMetric,
  inOrder,
  judgesForecasts,
  wholeMetrics,
} from './split-statistics.ts';

/**
 * Everything of a classifier that is resampled, of each draw once: the metrics of all images, those
 * of each class against all others, and calibration at a temperature.
 */
export function classifierStatistics(
  scores: ClassScores,
  temperature: number | null | undefined = undefined,
) {
  const metrics = wholeMetrics.filter(({ classes: { least = 0, most } = {} }) => {
    // A model of two classes is a classifier where some images are of neither.
    return most === undefined && least <= Math.max(3, scores.classes);
  });
  const forecastMetrics = metrics.filter(judgesForecasts);
  const judge = judgeForecasts(
    temperature == null ? [scores] : [scores, tempered(scores, temperature)],
    forecastMetrics,
    (row, forecasts) => (row.ofScores ?? row.ofForecasts)!(forecasts),
  );
  const further = metrics
    .filter((row) => !judgesForecasts(row))
    .map((row) => ({ ...row, compute: row.ofScores?.(scores) }));
  return (weights: Uint8Array) => {
    const decisions = decisionsOf(confusionMatrix(scores, { weights }));
    const [judged, atTemperature] = judge(weights);
    const values = further.map(({ name, ofDecisions, compute }) => [
      name,
      ofDecisions?.(decisions) ?? compute!(weights),
    ]);
    const all = { ...judged, ...Object.fromEntries(values) };
    return {
      whole: inOrder(all, metrics) as Readonly<Record<ClassifierMetric, number>>,
      classes: classDecisions(decisions),
      tempered: atTemperature as Readonly<Record<CalibrationMetric, number>> | undefined,
    };
  };
}
