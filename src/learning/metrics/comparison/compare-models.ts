import { type BootstrapSample, defaultDraws, drawsGroups } from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { areaDifference } from './area-difference.ts';
import { holm } from './holm.ts';
import type { MatchedScores } from './match-scores.ts';
import { mcnemar } from './mcnemar.ts';
import { pairedDifference } from './paired-difference.ts';
import { rankExchangeTest } from './rank-exchange-test.ts';
import { accuracyOfRows, differenceOf, rightness } from './row-statistics.ts';
import { signFlipTest } from './sign-flip-test.ts';

/** Two models on the same images: which one is better, and by how much. */
export interface ModelComparison {
  /** Indices of the two models; differences are the first minus the second. */
  readonly one: number;
  readonly other: number;
  readonly auc: TestedDifference;
  readonly accuracy: TestedDifference;
  /**
   * Images that only the first model has right, and only the second; one that a model scores
   * equally for both classes is half right. Absent where each model was run several times.
   */
  readonly onlyOneRight?: number;
  readonly onlyOtherRight?: number;
}

/** A difference and its test. */
export interface TestedDifference extends PairedDifference {
  /** p after Holm's adjustment for all pairs of models. */
  readonly adjustedP: number;
  readonly test:
    | 'delong'
    | 'mcnemar-exact'
    | 'mcnemar-chi-square'
    | 'exchange'
    | 'group-exchange'
    | 'runs-and-images';
}

/** The metrics by which a pair of models is tested, in the order of tables. */
export const testedMetrics = ['auc', 'accuracy'] as const;

/** The name of each test in tables and titles. */
export const testNames: Readonly<Record<TestedDifference['test'], string>> = {
  delong: 'DeLong',
  'mcnemar-exact': 'McNemar, exact',
  'mcnemar-chi-square': 'McNemar',
  exchange: 'exchange of images',
  'group-exchange': 'exchange of groups',
  'runs-and-images': 'Welch over runs and images',
};

export interface CompareOptions {
  /** Number of draws; 2000 when absent. */
  readonly draws?: number | undefined;
  readonly seed: number;
  /** The confidence of the intervals, above 0 and below 1. */
  readonly level: number;
  /** Only pairs with this model, by its index; absent: every pair. */
  readonly against?: number | undefined;
}

/**
 * Compares every pair of models: AUC by DeLong's test; accuracy (the higher score is the class) by
 * McNemar's test, with the bootstrap interval of its difference. Holm's method adjusts the p-values
 * over the pairs, separately for the two measures. The interval of models that decide or rank alike
 * is 0 to 0, since they differ on no image. Both tests assume independent images, so in groups the
 * two models' results are exchanged group by group, and the intervals are those of whole groups.
 * McNemar's exact test is such an exchange of images; where equal scores make an image half
 * right, the images are exchanged as well.
 */
export function compareModels(
  matched: MatchedScores,
  options: CompareOptions,
): readonly ModelComparison[] {
  const { against } = options;
  const pairs = pairsOf(matched.models).filter(
    (pair) => against === undefined || pair.includes(against),
  );
  const compared = pairs.map(([first, second]) => compareTwo(matched, first, second, options));
  const areas = adjusted(compared.map(({ auc }) => auc));
  const shares = adjusted(compared.map(({ accuracy }) => accuracy));
  return compared.map(({ onlyOneRight, onlyOtherRight }, i) => {
    const [first, second] = pairs[i]!;
    return {
      one: first,
      other: second,
      auc: areas[i]!,
      accuracy: shares[i]!,
      onlyOneRight,
      onlyOtherRight,
    };
  });
}

type Pair = readonly [first: number, second: number];

export const pairsOf = (models: readonly unknown[]): readonly Pair[] =>
  models.flatMap((_, first) => models.slice(first + 1).map((_, i): Pair => [first, first + 1 + i]));

export function adjusted(
  tested: readonly Omit<TestedDifference, 'adjustedP'>[],
): readonly TestedDifference[] {
  const ps = holm(tested.map(({ p }) => p));
  return tested.map((result, i) => ({ ...result, adjustedP: ps[i]! }));
}

const none: PairedDifference = { difference: 0, low: 0, high: 0, p: 1 };

function compareTwo(
  { labels, groups, models }: MatchedScores,
  first: number,
  second: number,
  options: CompareOptions,
) {
  const { level, draws = defaultDraws, seed } = options;
  const sample: BootstrapSample = { labels, groups, draws, seed };
  const exchanges = { draws, seed };
  const isGrouped = drawsGroups(sample.groups);
  const rows = [models[first]!, models[second]!] as const;
  const scores = [rows[0].map(differenceOf), rows[1].map(differenceOf)] as const;
  const area = areaDifference({ labels, groups }, scores, level);
  const gains = labels.map(
    (label, i) => rightness(label, rows[0][i]!) - rightness(label, rows[1][i]!),
  );
  const onlyFirst = gains.reduce((sum, gain) => sum + Math.max(0, gain), 0);
  const onlySecond = gains.reduce((sum, gain) => sum + Math.max(0, -gain), 0);
  const shares = rows.map((of) => accuracyOfRows(labels, of));
  const ofShares = () =>
    pairedDifference(sample, shares[0]!, shares[1]!, level, { range: [-1, 1], perImage: true });
  const accuracy = onlyFirst + onlySecond === 0 ? none : ofShares();
  const onImages = { onlyOneRight: onlyFirst, onlyOtherRight: onlySecond };
  if (isGrouped) {
    const test = 'group-exchange' as const;
    return {
      auc: { ...area, p: rankExchangeTest(labels, groups, scores, exchanges), test },
      accuracy: { ...accuracy, p: signFlipTest(gains, { groups, ...exchanges }), test },
      ...onImages,
    };
  }
  const hasHalves = gains.some((gain) => !Number.isInteger(gain));
  const { p, method } = mcnemar(onlyFirst, onlySecond);
  const tested = hasHalves
    ? { p: signFlipTest(gains, exchanges), test: 'exchange' as const }
    : { p, test: `mcnemar-${method}` as const };
  return {
    auc: { ...area, test: 'delong' as const },
    accuracy: { ...accuracy, ...tested },
    ...onImages,
  };
}
