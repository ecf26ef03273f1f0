import { mean } from '../../src/learning/metrics/arithmetic/mean.ts';
import { aucOfRows } from '../../src/learning/metrics/comparison/row-statistics.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { withinFolds } from '../../stages/evaluate/within-folds.ts';
import { binaryRow, type Design, drawLabels, Evidence } from './populations.ts';
import type { Scenario } from './tally.ts';

const folds = 5;

/**
 * The mean of the folds' AUCs that `evaluate` prints. The models of the folds differ in the level
 * of their scores, and in their skill.
 */
export function foldsScenario(shift: number, design: Design, draws: number): Scenario {
  return {
    name: design.name,
    simulate(random, seed) {
      const { labels, groups } = drawLabels(design, random);
      const evidence = new Evidence(random, design);
      const levels = Array.from({ length: folds }, () => random.normal());
      const shifts = levels.map(() => shift * Math.exp(0.1 * random.normal()));
      const rows = labels.map((label, i) => {
        const fold = Math.floor(i / design.groupSize) % folds;
        const towards = label === 1 ? shifts[fold]! : -shifts[fold]!;
        const row = binaryRow('test', i, label, levels[fold]! + towards + evidence.next());
        return { ...row, group: groups?.[i], scoredBy: fold };
      });
      const measured = withinFolds(
        rows,
        (members) =>
          aucOfRows(
            members.map(({ label }) => label),
            members,
          ),
        { confidence: 0.95, draws, seed },
      );
      const truth = mean(shifts.map((of) => normalCdf(Math.SQRT2 * of)));
      return { claims: [{ name: 'withinFolds.auc', truth, ends: measured!.intervals.auc }] };
    },
  };
}
