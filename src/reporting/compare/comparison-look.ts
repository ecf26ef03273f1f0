import type { ScoreLook } from '../../engine/seals/score-looks.ts';
import {
  testedDifference,
  testedMetrics,
} from '../../learning/metrics/comparison/compare-models.ts';
import type { Comparison } from './compare-subjects.ts';
import type { Subject } from './comparison-subject.ts';

/**
 * The scores by which subjects were compared, and the numbers that this gave; undefined where no
 * number was made of scores.
 */
export function comparisonLook(
  subjects: readonly Subject[],
  { paired }: Comparison,
): Pick<ScoreLook, 'scores' | 'numbers'> | undefined {
  const compared = paired.flatMap((level) => ('problem' in level ? [] : [level]));
  if (compared.length === 0) return undefined;
  const scores = subjects.flatMap(({ stages }) =>
    [...stages.values()].flatMap(({ scored }) => scored ?? []),
  );
  const numbers: Record<string, number> = {};
  for (const level of compared) {
    const nameOf = (index: number) => subjects[level.subjects[index]!]!.label;
    const where = `${level.stage}, ${level.split} by ${level.unit}`;
    for (const [index, area] of ('areas' in level ? level.areas : []).entries())
      numbers[`${where}, ${nameOf(index)}.auc`] = area;
    for (const pair of level.pairs) {
      for (const metric of testedMetrics) {
        const tested = testedDifference(pair, metric);
        if (tested === undefined) continue;
        const of = `${where}, ${nameOf(pair.one)} − ${nameOf(pair.other)}.${metric}`;
        numbers[of] = tested.difference;
        numbers[`${of}.p`] = tested.p;
      }
    }
  }
  return { scores, numbers };
}
