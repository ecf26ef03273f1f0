import { classScoresOf } from '../../src/learning/metrics/classification/class-scores.ts';
import { confusionMatrix } from '../../src/learning/metrics/classification/confusion-matrix.ts';
import {
  decisionsOf,
  majorityAccuracy,
  unseenVariance,
} from '../../src/learning/metrics/classification/decision-metrics.ts';
import { handTillAuc } from '../../src/learning/metrics/classification/hand-till-auc.ts';
import { classifierStatistics } from '../../src/learning/metrics/classifier-statistics.ts';
import { unitsByClass } from '../../src/learning/metrics/intervals/bootstrap-draws.ts';
import { metric } from '../../src/learning/metrics/metric-catalogue.ts';
import { countDraws, rankScores } from '../../src/learning/metrics/ranking/threshold-counts.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import type { Fitted } from '../../src/learning/metrics/split-statistics.ts';
import { constantLoss } from '../../src/learning/training/collapse.ts';
import {
  type EvaluateOptions,
  measure,
  measureAuc,
  measureSplit,
  merge,
} from './with-intervals.ts';
import { withinFolds } from './within-folds.ts';

/** Values fitted to the validation split; null where none is best. */
export interface ClassFitted {
  readonly temperature: number | null;
  /** What is fitted in the detector's view. */
  readonly detection?: Fitted;
}

/** The metrics of a classifier of more than two classes, on images whose labels it knows. */
export async function classify(
  table: ScoreTable,
  rows: readonly ScoreRow[],
  fitted: ClassFitted | undefined,
  options: EvaluateOptions,
) {
  const { classes } = table;
  const scores = classScoresOf(table, rows);
  const groups = rows.map(({ group }) => group);
  const temperature = fitted?.temperature;
  const statistics = () => classifierStatistics(scores, temperature);
  const data = { classScores: scores, temperature };
  const drawing = { ...options, worthwhile: 2e7 / classes.length };
  const { part } = await measureSplit({ labels: scores.labels, groups }, statistics, data, drawing);
  const matrix = confusionMatrix(scores);
  const decisions = decisionsOf(matrix);
  const { labelled, called } = decisions;
  const forms = {
    balancedAccuracy: { unseen: unseenVariance(decisions, unitsByClass(scores.labels, groups)) },
  };
  const named = <T>(values: ArrayLike<T>) =>
    Object.fromEntries(classes.map((name, c) => [name, values[c]!]));
  const each = classes.map((_, c) => {
    const labels = Uint8Array.from(scores.labels, (label) => (label === c ? 1 : 0));
    const evidence = Float64Array.from(rows, (_, i) => scores.evidence[classes.length * i + c]!);
    const area = measureAuc({ labels, groups, ranking: rankScores(evidence) }, options);
    const classPart = part((all) => all.classes[c]!);
    return { images: labelled[c]!, called: called[c]!, ...merge(classPart, area) };
  });
  const areaOf = (rows: readonly ScoreRow[]) => handTillAuc(classScoresOf(table, rows));
  const folds = withinFolds(rows, areaOf, options);
  return {
    images: rows.length,
    classCount: classes.length,
    counts: named(labelled),
    called: named(called),
    majorityAccuracy: majorityAccuracy(decisions),
    chanceLoss: constantLoss(labelled),
    ...part(({ whole }) => whole, forms),
    ...(folds && { withinFolds: folds }),
    classes: named(each),
    confusion: named(classes.map((_, c) => named(matrix.subarray(c * classes.length)))),
    ...(temperature != null && { withValTemperature: part(({ tempered }) => tempered!) }),
  };
}

/**
 * How well a model tells images of unknown labels from those of known ones by its largest softmax
 * (Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution
 * examples in neural networks"): `auc`, unknown being positive, and `falsePositiveRateAt95`, the
 * share of unknown images that are accepted where 95 % of the known ones are. Undefined without
 * both.
 */
export function openSet(table: ScoreTable, rows: readonly ScoreRow[], options: EvaluateOptions) {
  const isUnknown = Uint8Array.from(rows, ({ label }) => (label >= table.classes.length ? 1 : 0));
  if (new Set(isUnknown).size < 2) return undefined;
  const { evidence, classes } = classScoresOf(table, rows);
  const doubt = Float64Array.from(
    rows,
    (_, i) => -Math.max(...evidence.subarray(i * classes, (i + 1) * classes)),
  );
  const groups = rows.map(({ group }) => group);
  const ranking = rankScores(doubt);
  const counts = countDraws(isUnknown, ranking);
  const accepted = metric('falsePositiveRateAt95').ofRanking!;
  const measured = measure(
    { labels: isUnknown, groups },
    (weights) => ({ falsePositiveRateAt95: accepted(counts(weights)) }),
    options,
  );
  const unknown = [
    ...new Set(rows.filter((_, i) => isUnknown[i] === 1).map(({ label }) => table.names[label]!)),
  ];
  return {
    images: rows.length,
    unknown: isUnknown.reduce((sum, flag) => sum + flag, 0),
    labels: unknown.sort(),
    ...merge(measureAuc({ labels: isUnknown, groups, ranking }, options), measured),
  };
}
