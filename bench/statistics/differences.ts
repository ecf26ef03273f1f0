import { areaDifference } from '../../src/learning/metrics/comparison/area-difference.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import type { Random } from '../../src/random.ts';
import { type Design, drawLabels, Evidence } from './populations.ts';
import type { Claim, Scenario } from './tally.ts';

/** Two models on the same images, both with normal evidence of deviation 1. */
export interface TwoModels {
  readonly shifts: readonly [first: number, second: number];
  /** How much of the variance of the evidence both share. */
  readonly common: number;
}

/**
 * The difference of two AUCs alone, which needs no draws: of models near an area of 1, and of ones
 * that are nearly the same. Where the areas are equal, its test as well.
 */
export function differenceScenario(models: TwoModels, design: Design): Scenario {
  const [first, second] = models.shifts;
  const truth = areaOf(first) - areaOf(second);
  return {
    name: design.name,
    simulate(random) {
      const { labels, groups, scores } = drawTwo(models, design, random);
      const { low, high, p } = areaDifference({ labels, groups }, scores, 0.95);
      const claims: readonly Claim[] = [{ name: 'difference of AUC', truth, ends: [low, high] }];
      return { claims, tests: truth === 0 ? [{ name: 'difference of AUC', p }] : [] };
    },
  };
}

const areaOf = (shift: number): number => normalCdf(Math.SQRT2 * shift);

function drawTwo({ shifts, common }: TwoModels, design: Design, random: Random) {
  const { labels, groups } = drawLabels(design, random);
  const shared = new Evidence(random, design);
  const seen = labels.map(() => Math.sqrt(common) * shared.next());
  const scoresOf = (shift: number): readonly number[] => {
    const own = new Evidence(random, design);
    return labels.map(
      (label, i) => (label === 1 ? shift : -shift) + seen[i]! + Math.sqrt(1 - common) * own.next(),
    );
  };
  const [first, second] = shifts;
  return { labels, groups, scores: [scoresOf(first), scoresOf(second)] as const };
}
