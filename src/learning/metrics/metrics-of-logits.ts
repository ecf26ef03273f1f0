import { classScoresOf } from './classification/class-scores.ts';
import { classifierStatistics } from './classifier-statistics.ts';
import { scoredOf } from './detector-scores.ts';
import { auc } from './ranking/auc.ts';
import { countAtThresholds } from './ranking/threshold-counts.ts';
import type { BinaryRow } from './scores/binary-view.ts';
import { detectorStatistics, rankingMetrics } from './split-statistics.ts';

/**
 * The metrics of the catalogue that logits `[images, classes]` of labelled images give, as
 * `evaluate` has them: of two classes those of a detector too, whose positive class is the second.
 * NaN where undefined.
 */
export function metricsOfLogits(
  labels: ArrayLike<number>,
  logits: ArrayLike<number>,
  classes: readonly string[],
): Readonly<Record<string, number>> {
  const rows = Array.from(labels, (label, image) => {
    const scores = Array.from(classes, (_, c) => logits[image * classes.length + c]!);
    return { key: '', split: '', label, scores };
  });
  const weights = new Uint8Array(rows.length).fill(1);
  const scores = classScoresOf({ classes, names: classes, scale: 'logits', rows }, rows);
  const { whole } = classifierStatistics(scores)(weights);
  if (classes.length !== 2) return whole;
  const sides = rows.map(({ label, scores: [negative, positive], ...row }): BinaryRow => {
    return { ...row, label: label === 1 ? 1 : 0, negative: negative!, positive: positive! };
  });
  const scored = scoredOf(sides, 'logits');
  const counts = countAtThresholds(scored.labels, scored.ranking);
  const detected = detectorStatistics(scored, undefined)(weights).whole;
  const all = { ...whole, ...detected, auc: auc(counts) };
  if (counts.positives > 0 && counts.negatives > 0) return all;
  return { ...all, ...Object.fromEntries(rankingMetrics.map((name) => [name, Number.NaN])) };
}
