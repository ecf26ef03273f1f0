import { negativeName, positiveName } from '../../src/default-class-names.ts';
import { logitDifferences, type ScoreScale } from '../../src/learning/metrics/arithmetic/logits.ts';
import { weightedMean } from '../../src/learning/metrics/arithmetic/weights.ts';
import { fitTemperature } from '../../src/learning/metrics/calibration/temperature.ts';
import {
  majorityAccuracy,
  unseenVariance,
} from '../../src/learning/metrics/classification/decision-metrics.ts';
import { aucOfRows, rightness } from '../../src/learning/metrics/comparison/row-statistics.ts';
import {
  type Confusion,
  confusion,
  decisionsOfSides,
} from '../../src/learning/metrics/detector-confusion.ts';
import { type DetectorScores, scoredOf } from '../../src/learning/metrics/detector-scores.ts';
import { unitsByClass } from '../../src/learning/metrics/intervals/bootstrap-draws.ts';
import { equalErrorModel } from '../../src/learning/metrics/intervals/equal-error-model.ts';
import type { IntervalOptions } from '../../src/learning/metrics/intervals/interval.ts';
import { shareModel } from '../../src/learning/metrics/intervals/score-interval.ts';
import {
  equalErrorRate,
  youdenThreshold,
} from '../../src/learning/metrics/ranking/chosen-thresholds.ts';
import {
  countAtThresholds,
  countDraws,
} from '../../src/learning/metrics/ranking/threshold-counts.ts';
import {
  type BinaryRow,
  haveDefaultNames,
  type SideNames,
} from '../../src/learning/metrics/scores/binary-view.ts';
import {
  decideByScore,
  detectorStatistics,
  type Fitted,
  rankingMetrics,
} from '../../src/learning/metrics/split-statistics.ts';
import {
  type EvaluateOptions,
  finite,
  type Measured,
  measure,
  measureAuc,
  measureSplit,
  merge,
} from './with-intervals.ts';
import { withinFolds } from './within-folds.ts';

/** How the two sides of a detector's scores are read. */
interface Sides {
  readonly scale: ScoreScale;
  readonly names: SideNames;
  readonly fitted?: Fitted | undefined;
}

/** The metrics of a detector on one split. */
export type DetectedSplit = Awaited<ReturnType<typeof detect>>;

/**
 * The metrics of a detector on a split, and what the fitted values give there. Its `images` are
 * groups if these are judged.
 */
export async function detect(rows: readonly BinaryRow[], sides: Sides, options: EvaluateOptions) {
  const { scale, names, fitted } = sides;
  const scored = scoredOf(rows, scale);
  const { labels, ranking } = scored;
  const statistics = () => detectorStatistics(scored, fitted);
  const { part, estimate } = await measureSplit(scored, statistics, { scored, fitted }, options);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const units = unitsByClass(labels, scored.groups);
  const formsOf = (counts: Confusion) => ({
    balancedAccuracy: { unseen: unseenVariance(decisionsOfSides(counts), units) },
    falsePositiveRate: { model: shareModel(units.get(0) ?? 0) },
    falseNegativeRate: { model: shareModel(units.get(1) ?? 0) },
  });
  const equalError = { equalErrorRate: { model: equalErrorModel(scored, ranking) } };
  const byScore = decideByScore(ranking)(countAtThresholds(labels, ranking));
  const whole = part((all) => all.whole, { ...formsOf(byScore), ...equalError });
  const { intervals, ...numbers } = merge(whole, measureAuc(scored, options));
  const both = { ...numbers, intervals };
  const decided = (
    threshold: 'equalErrorThreshold' | 'youdenThreshold',
    at: 'atEqualError' | 'atYouden',
  ) => {
    const counts = confusion(labels, predictionsAt(fitted![threshold]!, scored));
    const { majorityAccuracy, ...counted } = countsOf(counts, names);
    return { majorityAccuracy, ...part((all) => all[at]!, formsOf(counts)), ...counted };
  };
  const { majorityAccuracy, ...called } = countsOf(byScore, names);
  const sources = sourceMetrics(rows, sides, options);
  const folds = withinFolds(rows, areaOfRows, options);
  return {
    images: labels.length,
    ...bySide(names, labels.length - positives, positives),
    majorityAccuracy,
    ...(positives > 0 && positives < labels.length ? both : withoutRanking(both)),
    ...called,
    ...(folds && { withinFolds: folds }),
    ...(estimate.atEqualError && {
      atValEqualErrorThreshold: decided('equalErrorThreshold', 'atEqualError'),
    }),
    ...(estimate.atYouden && { atValYoudenThreshold: decided('youdenThreshold', 'atYouden') }),
    ...(estimate.tempered && { withValTemperature: part((all) => all.tempered!) }),
    ...(Object.keys(sources).length > 0 && { sources }),
  };
}

const areaOfRows = (rows: readonly BinaryRow[]) =>
  aucOfRows(
    rows.map(({ label }) => label),
    rows,
  );

/** Values fitted to the validation split only; undefined if a class is missing. */
export function fitTo({ labels, ranking, logits }: DetectorScores): Fitted | undefined {
  if (new Set(labels).size < 2) return undefined;
  const temperature = fitTemperature(labels, logitDifferences(logits));
  const counts = countAtThresholds(labels, ranking);
  return {
    equalErrorThreshold: finite(equalErrorRate(counts).threshold),
    youdenThreshold: finite(youdenThreshold(counts).threshold),
    temperature: temperature === 0 ? null : finite(temperature),
  };
}

/**
 * The numbers of both sides: by the names by default if they have these, else `negative` and
 * `positive`, and whose they are.
 */
const bySide = (names: SideNames, negative: number, positive: number) =>
  haveDefaultNames(names)
    ? { [negativeName]: negative, [positiveName]: positive }
    : { sides: { negative: names[0], positive: names[1] }, negative, positive };

function countsOf(counts: Confusion, names: SideNames) {
  const { trueNegatives, falseNegatives, falsePositives, truePositives } = counts;
  // Counted, since a network that learned nothing predicts one class only.
  const { sides: _, ...called } = bySide(
    names,
    trueNegatives + falseNegatives,
    falsePositives + truePositives,
  );
  return {
    majorityAccuracy: majorityAccuracy(decisionsOfSides(counts)),
    confusion: counts,
    called,
  };
}

/** With a single class present, some of these metrics are defined but meaningless. */
function withoutRanking<T extends Measured<never>>(metrics: T): T {
  const none = Object.fromEntries(rankingMetrics.map((name) => [name, null]));
  return { ...metrics, ...none, intervals: { ...metrics.intervals, ...none } };
}

/**
 * Decisions at a threshold: images are called positive from this difference of their scores on,
 * positive minus negative.
 */
const predictionsAt = (threshold: number, { differences }: DetectorScores): Uint8Array =>
  Uint8Array.from(differences, (difference) => (difference >= threshold ? 1 : 0));

/**
 * The metrics of each source of every class with more than one; the only source of a class is what
 * the whole split shows. The share that is called right counts the source's own images alone; its
 * ranking, if it has one class, compares them with all images of the other class (`against`):
 * forgeries of one method with every genuine image, as is usual (Rössler et al. 2019,
 * "FaceForensics++", table 5), and one camera's genuine images with every forgery.
 */
function sourceMetrics(
  rows: readonly BinaryRow[],
  { scale, names: [negative, positive] }: Sides,
  options: IntervalOptions,
) {
  const names = new Set<string>();
  for (const { source } of rows) if (source !== undefined) names.add(source);
  const sources = Array.from(names, (name) => {
    const sourceRows = rows.filter(({ source }) => source === name);
    const labels = new Set(sourceRows.map(({ label }) => label));
    const side = labels.has(1) ? positive : negative;
    return { name, members: sourceRows, of: labels.size === 2 ? 'both' : side };
  });
  const share = (a: string, b: string) => a === b || a === 'both' || b === 'both';
  const several = sources.filter(
    ({ of }) => sources.filter((rival) => share(of, rival.of)).length > 1,
  );
  return Object.fromEntries(
    several.map(({ name, members, of }) => {
      const opponents =
        of === 'both' ? [] : rows.filter(({ label }) => label === (of === positive ? 0 : 1));
      const numbers = sourceNumbers(members, scoredOf([...members, ...opponents], scale), options);
      return [name, { class: of, images: members.length, against: opponents.length, ...numbers }];
    }),
  );
}

function sourceNumbers(
  members: readonly BinaryRow[],
  ranked: DetectorScores,
  options: IntervalOptions,
) {
  const counts = countDraws(ranked.labels, ranked.ranking);
  const right = Float64Array.from(members, (row) => rightness(row.label, row));
  const calledRight = (weights: Uint8Array) =>
    weightedMean(right.length, (i) => right[i]!, { weights });
  const images = {
    labels: members.map(({ label }) => label),
    groups: members.map(({ group }) => group),
  };
  const called = measure(images, (weights) => ({ calledRight: calledRight(weights) }), options);
  const error = measure(
    ranked,
    (weights) => ({ equalErrorRate: equalErrorRate(counts(weights)).rate }),
    options,
    { equalErrorRate: { model: equalErrorModel(ranked, ranked.ranking) } },
  );
  return merge(merge(called, measureAuc(ranked, options)), error);
}
