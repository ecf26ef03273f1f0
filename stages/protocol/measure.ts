import type { ScoreScale } from '../../src/learning/metrics/arithmetic/logits.ts';
import {
  logitDifferences,
  logitsOf,
  scaleOf,
} from '../../src/learning/metrics/arithmetic/logits.ts';
import type { ComparedMetric } from '../../src/learning/metrics/comparison/published-agreement.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import {
  type Resampled,
  resample,
  resultOf,
} from '../../src/learning/metrics/intervals/bootstrap.ts';
import { equalErrorModel } from '../../src/learning/metrics/intervals/equal-error-model.ts';
import type { IntervalEnds } from '../../src/learning/metrics/intervals/interval.ts';
import { metricIntervals } from '../../src/learning/metrics/metric-intervals.ts';
import {
  equalErrorRate,
  youdenThreshold,
} from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import {
  countAtThresholds,
  countDraws,
  rankScores,
} from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { BinaryRow } from '../../src/learning/metrics/scores/binary-view.ts';
import type { ProtocolSettings } from './spec.ts';

/** A network's scores. */
export interface Network {
  readonly name: string;
  /** The images of the split that is reported. */
  readonly rows: readonly BinaryRow[];
  /** The images of the split that the threshold is fitted on; empty where none is. */
  readonly fitted: readonly BinaryRow[];
  readonly scale: ScoreScale | undefined;
}

/** A metric of a network, and its interval at any level. */
export interface MeasuredMetric {
  readonly metric: ComparedMetric;
  readonly value: number;
  readonly endsAt: (level: number) => IntervalEnds;
}

/** The metrics of a network that the protocol reports. */
export function measureNetwork(
  { rows, fitted, scale = scaleOf([...rows, ...fitted]) }: Network,
  { metrics, draws, seed }: ProtocolSettings,
): readonly MeasuredMetric[] {
  const labels = rows.map(({ label }) => label);
  const groups = rows.map(({ group }) => group);
  const differencesOf = (of: readonly BinaryRow[]) => logitDifferences(logitsOf(of, scale));
  const scores = differencesOf(rows);
  const ranking = rankScores(scores);
  const images = { labels, groups };
  const threshold = thresholdOf(fitted, differencesOf(fitted));
  const isRight = labels.map((label, i) => scores[i]! >= threshold === (label === 1));
  const needsDraws = metrics.some((metric) => metric !== 'auc');
  const counts = countDraws(labels, ranking);
  const resampled: Resampled<{ readonly equalErrorRate: number; readonly accuracy: number }> =
    resample({ ...images, draws: needsDraws ? draws : 0, seed }, (weights) => ({
      equalErrorRate: equalErrorRate(counts(weights)).rate,
      accuracy: shareRight(isRight, weights),
    }));
  const forms = { equalErrorRate: { model: equalErrorModel(images, ranking) } };
  return metrics.map((metric): MeasuredMetric => {
    if (metric === 'auc') {
      const { estimate } = aucInterval(images, ranking, 0.95);
      return { metric, value: estimate, endsAt: (level) => aucInterval(images, ranking, level) };
    }
    const ofMetric = resultOf(resampled, (values) => ({ [metric]: values[metric] }));
    return {
      metric,
      value: resampled.estimate[metric],
      endsAt: (level) => metricIntervals(ofMetric, level, forms)[metric]!,
    };
  });
}

/** The threshold of the difference of logits; even odds where none is fitted. */
function thresholdOf(fitted: readonly BinaryRow[], differences: Float64Array): number {
  if (fitted.length === 0) return 0;
  const labels = fitted.map(({ label }) => label);
  return youdenThreshold(countAtThresholds(labels, differences)).threshold;
}

function shareRight(isRight: readonly boolean[], weights: Uint8Array): number {
  let right = 0;
  let all = 0;
  for (const [i, flag] of isRight.entries()) {
    all += weights[i]!;
    if (flag) right += weights[i]!;
  }
  return right / all;
}
