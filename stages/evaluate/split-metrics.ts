import { accuracy, majorityAccuracy } from '../../src/metrics/accuracy.ts';
import { auc } from '../../src/metrics/auc.ts';
import type { Confusion } from '../../src/metrics/confusion.ts';
import { confusion } from '../../src/metrics/confusion.ts';
import { crossEntropy } from '../../src/metrics/cross-entropy.ts';
import { logitDifferences, predictedClasses } from '../../src/metrics/logits.ts';
import type { Highlight } from '../../src/stage.ts';
import type { Predictions } from '../../src/training/predict.ts';

/** How right a model is on one split: an entry of the `metrics` output. */
export interface SplitMetrics {
  readonly images: number;
  readonly accuracy: number;
  /** What calling everything the more frequent class would give. */
  readonly majorityAccuracy: number;
  /** Mean softmax cross-entropy in nats. */
  readonly loss: number;
  /** Of fake against real, ranked by the difference of the logits; null where a class is missing. */
  readonly auc: number | null;
  readonly confusion: Confusion;
}

export function splitMetrics({ labels, logits }: Predictions): SplitMetrics {
  const predictions = predictedClasses(logits);
  const area = auc(labels, logitDifferences(logits));
  return {
    images: labels.length,
    accuracy: accuracy(labels, predictions),
    majorityAccuracy: majorityAccuracy(labels),
    loss: crossEntropy(labels, logits),
    auc: Number.isNaN(area) ? null : area,
    confusion: confusion(labels, predictions),
  };
}

/** A row for each split. */
export function metricsTable(metrics: ReadonlyMap<string, SplitMetrics>): Highlight {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return {
    title: 'Evaluation',
    columns: ['split', 'images', 'accuracy', 'majority class', 'AUC', 'loss'],
    rows: [...metrics].map(([split, { images, accuracy, majorityAccuracy, auc, loss }]) => [
      split,
      images,
      percent(accuracy),
      percent(majorityAccuracy),
      auc?.toFixed(4) ?? 'one class only',
      loss.toFixed(4),
    ]),
  };
}
