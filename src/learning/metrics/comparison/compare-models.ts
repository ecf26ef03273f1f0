import { type BootstrapSample, drawsGroups } from '../intervals/bootstrap.ts';
import { delongTest, rankAlike } from '../intervals/delong.ts';
import { holm } from './holm.ts';
import type { MatchedScores } from './match-scores.ts';
import { mcnemarOf } from './mcnemar.ts';
import { type PairedDifference, pairedDifference } from './paired-difference.ts';
import { accuracyOfRows, aucOfRows, differenceOf, predictedClass } from './row-statistics.ts';

/** Two models on the same images: whether one is better, and by how much. */
export interface ModelComparison {
  /** Indices of the two models; differences are the first less the second. */
  readonly one: number;
  readonly other: number;
  readonly auc: TestedDifference;
  readonly accuracy: TestedDifference;
  /** Images that only the first has right, and only the second; absent where each was run several times. */
  readonly onlyOneRight?: number;
  readonly onlyOtherRight?: number;
}

/** A difference and its test. */
export interface TestedDifference extends PairedDifference {
  /** p after Holm's adjustment for all pairs of models. */
  readonly adjustedP: number;
  readonly test: 'delong' | 'mcnemar-exact' | 'mcnemar-chi-square' | 'group-bootstrap' | 'runs-and-images';
}

/** Each test as tables and titles call it. */
export const testNames: Readonly<Record<TestedDifference['test'], string>> = {
  delong: 'DeLong',
  'mcnemar-exact': 'McNemar, exact',
  'mcnemar-chi-square': 'McNemar',
  'group-bootstrap': 'bootstrap of groups',
  'runs-and-images': 'Welch over runs and images',
};

export interface CompareOptions {
  /** The intervals' confidence, above 0 and below 1. */
  readonly level: number;
  /** Of the bootstrap; absent: as of {@link BootstrapSample}. */
  readonly draws?: number | undefined;
  readonly seed: number;
}

/**
 * Every pair of models: AUC by DeLong's test, accuracy (the higher score is the class) by McNemar's with the bootstrap's
 * interval of its difference; p-values adjusted by Holm over the pairs, apart for the two. Where two models decide or rank
 * alike, there is no difference whatever the images: 0 to 0. With groups that join images,
 * which both tests take as independent, both are the bootstrap's of whole groups.
 *
 *     const matched = matchScores(models);
 *     if (matched.ok) compareModels(matched.value, { level: 0.95, seed: 1 });
 */
export function compareModels(matched: MatchedScores, options: CompareOptions): readonly ModelComparison[] {
  const pairs = matched.models.flatMap((_, one) =>
    matched.models.slice(one + 1).map((_, i) => [one, one + 1 + i] as const),
  );
  const compared = pairs.map(([one, other]) => ({ one, other, ...compareTwo(matched, one, other, options) }));
  const areaPs = holm(compared.map(({ auc }) => auc.p));
  const accuracyPs = holm(compared.map(({ accuracy }) => accuracy.p));
  return compared.map((pair, i) => ({
    ...pair,
    auc: { ...pair.auc, adjustedP: areaPs[i]! },
    accuracy: { ...pair.accuracy, adjustedP: accuracyPs[i]! },
  }));
}

const none: PairedDifference = { difference: 0, low: 0, high: 0, p: 1 };

function compareTwo({ labels, groups, models }: MatchedScores, one: number, other: number, options: CompareOptions) {
  const { level, draws, seed } = options;
  const sample: BootstrapSample = { labels, groups, draws, seed };
  const isGrouped = drawsGroups(sample);
  const rows = [models[one]!, models[other]!] as const;
  const differences = rows.map((of) => of.map(differenceOf));
  const classes = rows.map((of) => of.map(predictedClass));
  const areas = rows.map((of) => aucOfRows(labels, of));
  const shares = rows.map((of) => accuracyOfRows(labels, of));
  const { onlyOne, onlyOther, p, method } = mcnemarOf(labels, classes[0]!, classes[1]!);
  const ofShares = onlyOne + onlyOther === 0 ? none : pairedDifference(sample, shares[0]!, shares[1]!, level);
  const ofAreas = () =>
    rankAlike(differences[0]!, differences[1]!) ? none : pairedDifference(sample, areas[0]!, areas[1]!, level);
  return {
    auc: isGrouped
      ? { ...ofAreas(), test: 'group-bootstrap' as const }
      : { ...delongTest(labels, differences[0]!, differences[1]!, level), test: 'delong' as const },
    accuracy: isGrouped
      ? { ...ofShares, test: 'group-bootstrap' as const }
      : { ...ofShares, p, test: `mcnemar-${method}` as const },
    onlyOneRight: onlyOne,
    onlyOtherRight: onlyOther,
  };
}
