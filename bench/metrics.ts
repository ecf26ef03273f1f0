/**
 * Processor time that each metric takes for a million scores; the goal is less than 2 s.
 *
 *     node --import tsx bench/metrics.ts
 *
 * On two slow cores: 0.15 s for a single number, mostly sorting; 0.2 to 0.4 s for a curve; 0.9 s
 * for a curve of weighted scores, whose weights are looked up; 0.5 s for a temperature, whose fit
 * passes over all scores a dozen times.
 */

import { positiveProbabilities } from '../src/learning/metrics/arithmetic/logits.ts';
import { expectedCalibrationError } from '../src/learning/metrics/calibration/calibration-bins.ts';
import { fitTemperature } from '../src/learning/metrics/calibration/temperature.ts';
import { auc, partialAuc } from '../src/learning/metrics/ranking/auc.ts';
import { equalErrorRate } from '../src/learning/metrics/ranking/chosen-thresholds.ts';
import { detCurve } from '../src/learning/metrics/ranking/det-curve.ts';
import {
  averagePrecision,
  precisionRecallCurve,
} from '../src/learning/metrics/ranking/precision-recall.ts';
import { rocCurve, truePositiveRateAt } from '../src/learning/metrics/ranking/roc-curve.ts';
import { countAtThresholds } from '../src/learning/metrics/ranking/threshold-counts.ts';
import { Random } from '../src/random.ts';

const size = 1_000_000;
const random = new Random(1);
const labels = Uint8Array.from({ length: size }, () => random.integer(2));
const scores = Float64Array.from(labels, (label) => random.normal() + label);
const probabilities = positiveProbabilities(scores);
const weights = Float64Array.from(labels, () => random.integer(8));

const tasks: Readonly<Record<string, () => unknown>> = {
  'roc, points dropped': () => rocCurve(countAtThresholds(labels, scores)),
  'roc, all points': () => rocCurve(countAtThresholds(labels, scores), { dropIntermediate: false }),
  'roc, weights': () => rocCurve(countAtThresholds(labels, scores, { weights })),
  auc: () => auc(countAtThresholds(labels, scores)),
  'auc, ten distinct scores': () => auc(countAtThresholds(labels, scores.map(Math.round))),
  'average precision': () => averagePrecision(countAtThresholds(labels, scores)),
  'precision-recall': () => precisionRecallCurve(countAtThresholds(labels, scores)),
  det: () => detCurve(countAtThresholds(labels, scores)),
  'equal error rate': () => equalErrorRate(countAtThresholds(labels, scores)),
  'partial auc': () => partialAuc(countAtThresholds(labels, scores), 0.1),
  'tpr at fpr': () => truePositiveRateAt(countAtThresholds(labels, scores), 0.01),
  calibration: () => expectedCalibrationError(labels, probabilities),
  temperature: () => fitTemperature(labels, scores),
};
for (const [name, task] of Object.entries(tasks)) {
  const start = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(start);
  console.log(`${name.padEnd(26)}${((user + system) / 1e3).toFixed(0).padStart(6)} ms`);
}
