import { type BootstrapSample, defaultDraws } from '../intervals/bootstrap.ts';
import type { PairedDifference } from '../intervals/interval.ts';
import { accuracyDifference } from './accuracy-difference.ts';
import { testAreas } from './area-test.ts';
import type { ClassAnswer } from './class-answers.ts';
import { holm } from './holm.ts';
import type { MatchedRows, MatchedScores } from './match-scores.ts';
import { differenceOf, rightness } from './row-statistics.ts';

/** Two models on the same images: whose decisions are right more often, and by how much. */
export interface AccuracyComparison {
  /** Indices of the two models; differences are the first minus the second. */
  readonly one: number;
  readonly other: number;
  readonly accuracy: TestedDifference;
  /**
   * Images that only the first model has right, and only the second; one that a model scores
   * equally for both classes is half right. Absent where each model was run several times.
   */
  readonly onlyOneRight?: number;
  readonly onlyOtherRight?: number;
}

/** Two detectors on the same images: which one is better, and by how much. */
export interface ModelComparison extends AccuracyComparison {
  readonly auc: TestedDifference;
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

/** A metric's difference between two models; undefined for the AUC of more than two classes. */
export function testedDifference(
  pair: AccuracyComparison | ModelComparison,
  name: (typeof testedMetrics)[number],
): TestedDifference | undefined {
  if (name === 'accuracy') return pair.accuracy;
  return 'auc' in pair ? pair.auc : undefined;
}

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
  const pairs = pairsAgainst(matched.models, options);
  const { labels, groups, models } = matched;
  const scores = models.map((rows) => rows.map(differenceOf));
  const areas = adjusted(
    pairs.map(([first, second]) =>
      testAreas({ labels, groups }, [scores[first]!, scores[second]!], options),
    ),
  );
  const right = models.map((rows) => rows.map((row, i) => rightness(labels[i]!, row)));
  const accuracies = compareAccuracies({ labels, groups, right }, pairs, options);
  return accuracies.map((comparison, i) => ({ ...comparison, auc: areas[i]! }));
}

/**
 * Compares every pair of classifiers of any number of classes by their accuracy: McNemar's test of
 * which decisions are right, with all else as {@link compareModels} has it. Which wrong class a
 * model names counts nothing.
 */
export function compareClassifiers(
  { labels, groups, models }: MatchedRows<ClassAnswer>,
  options: CompareOptions,
): readonly AccuracyComparison[] {
  const classes = [...new Set(labels)];
  const indices = new Map(classes.map((name, index) => [name, index]));
  const answers = {
    labels: labels.map((label) => indices.get(label)!),
    groups,
    right: models.map((rows) => rows.map(({ right }) => right)),
  };
  return compareAccuracies(answers, pairsAgainst(models, options), options);
}

/** How right each model is on the same images. */
interface Answers {
  /** The class of each image, counted from 0. */
  readonly labels: readonly number[];
  readonly groups?: readonly (string | undefined)[] | undefined;
  /** For each model, how right its decision for each image is, from 0 to 1. */
  readonly right: readonly (readonly number[])[];
}

function compareAccuracies(
  { labels, groups, right }: Answers,
  pairs: readonly Pair[],
  { level, draws = defaultDraws, seed }: CompareOptions,
): readonly AccuracyComparison[] {
  const sample: BootstrapSample = { labels, groups, draws, seed };
  const tested = pairs.map(([first, second]) =>
    accuracyDifference(sample, [right[first]!, right[second]!], level),
  );
  const accuracies = adjusted(tested.map(({ accuracy }) => accuracy));
  return tested.map(({ onlyOneRight, onlyOtherRight }, i) => {
    const [one, other] = pairs[i]!;
    return { one, other, accuracy: accuracies[i]!, onlyOneRight, onlyOtherRight };
  });
}

type Pair = readonly [first: number, second: number];

export const pairsOf = (models: readonly unknown[]): readonly Pair[] =>
  models.flatMap((_, first) => models.slice(first + 1).map((_, i): Pair => [first, first + 1 + i]));

const pairsAgainst = (models: readonly unknown[], { against }: CompareOptions) =>
  pairsOf(models).filter((pair) => against === undefined || pair.includes(against));

export function adjusted(
  tested: readonly Omit<TestedDifference, 'adjustedP'>[],
): readonly TestedDifference[] {
  const ps = holm(tested.map(({ p }) => p));
  return tested.map((result, i) => ({ ...result, adjustedP: ps[i]! }));
}
