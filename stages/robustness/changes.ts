import { groupBy } from '../../src/group-by.ts';
import { testAreas } from '../../src/learning/metrics/comparison/area-test.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import {
  type MatchedScores,
  matchScores,
} from '../../src/learning/metrics/comparison/match-scores.ts';
import { differenceOf } from '../../src/learning/metrics/comparison/row-statistics.ts';
import { aucInterval } from '../../src/learning/metrics/intervals/auc-interval.ts';
import type { Interval, PairedDifference } from '../../src/learning/metrics/intervals/interval.ts';
import type { BinaryRow, SideNames } from '../../src/learning/metrics/scores/binary-view.ts';
import { err, ok, type Result } from '../../src/result.ts';

/** Labels of an input: the values of its matrix, and its stage where several are connected. */
type Labels = Readonly<Record<string, string>>;

/** The scores of a split under one strength of a change. */
export interface ChangedScores {
  readonly labels: Labels;
  readonly rows: readonly BinaryRow[];
  readonly sides: SideNames;
}

/** A change by the axis of its strengths. */
export interface Change {
  /** The stage that made it, where there are several, and the axis. */
  readonly stage: string | undefined;
  readonly axis: string;
  readonly strengths: readonly Strength[];
}

/** One strength of a change, against the unchanged images. */
export interface Strength {
  readonly strength: number;
  readonly images: number;
  readonly auc: Interval;
  /** The AUC less that of the unchanged images. */
  readonly difference: PairedDifference;
  /** By Holm's method, over all strengths of all changes that change a rank. */
  readonly adjustedP: number;
}

/**
 * Compares every strength with the unchanged images. The error is one sentence: an input without
 * one axis of numbers, or other images.
 */
export function compareChanges(
  unchanged: ChangedScores,
  changed: readonly ChangedScores[],
  confidence: number,
): Result<readonly Change[], string> {
  const measured: (Omit<Strength, 'adjustedP'> & AxisPoint)[] = [];
  for (const scores of changed) {
    const point = pointOf(scores.labels, changed);
    if (!point.ok) return point;
    const name = nameOf(point.value);
    const matched = matchScores([
      { name: 'the unchanged images', ...unchanged },
      { name, ...scores },
    ]);
    if (!matched.ok) return matched;
    if (matched.value.unmatched.some((count) => count > 0)) {
      return err(
        `expected the same images in all scores, but ${matched.value.unmatched[0]} of the unchanged ones are not in those of ${name}, and ${matched.value.unmatched[1]} of these not among them`,
      );
    }
    measured.push({ ...point.value, ...measure(matched.value, confidence) });
  }
  // A strength that changes no rank is no hypothesis, and costs the others nothing.
  const adjusted = holm(
    measured.map(({ difference }) => (isEqual(difference) ? Number.NaN : difference.p)),
  );
  const all = measured.map((strength, i) => {
    const adjustedP = isEqual(strength.difference) ? 1 : adjusted[i]!;
    return { ...strength, adjustedP };
  });
  const groups = groupBy(all, ({ stage, axis }) => JSON.stringify([stage, axis]));
  return ok(
    Array.from(groups.values(), (strengths) => ({
      stage: strengths[0]!.stage,
      axis: strengths[0]!.axis,
      strengths: strengths.toSorted((a, b) => a.strength - b.strength),
    })),
  );
}

const isEqual = ({ low, high }: PairedDifference): boolean => low === 0 && high === 0;

function measure({ labels, groups, models }: MatchedScores, confidence: number) {
  const [usual, other] = models.map((rows) => rows.map(differenceOf));
  const images = { labels, groups };
  return {
    images: labels.length,
    auc: aucInterval(images, other!, confidence),
    difference: testAreas(images, [other!, usual!], { level: confidence }),
  };
}

/** The axis of an input and its strength there. */
interface AxisPoint {
  readonly stage: string | undefined;
  readonly axis: string;
  readonly strength: number;
}

/** The axis of an input is the one that is not the same for all inputs of its stage. */
function pointOf(labels: Labels, all: readonly ChangedScores[]): Result<AxisPoint, string> {
  const { stage } = labels;
  const ofStage = all.filter((other) => other.labels['stage'] === stage);
  const axes = Object.keys(labels).filter((axis) => axis !== 'stage' && axis !== 'path');
  const varying = axes.filter(
    (axis) => new Set(ofStage.map((other) => other.labels[axis])).size > 1,
  );
  const [axis, further] = varying.length === 0 ? axes : varying;
  const from = stage === undefined ? '' : ` of ${stage}`;
  if (axis === undefined || (further !== undefined && varying.length !== 1)) {
    return err(
      `expected scores${from} that differ by one axis of a matrix, the strength of the change, got ${axes.length === 0 ? 'no axis' : axes.join(', ')}; give this stage the same matrix for the others`,
    );
  }
  const strength = Number(labels[axis]);
  if (!Number.isFinite(strength))
    return err(`expected numbers on the axis ${axis}${from}, got "${labels[axis]}"`);
  return ok({ stage, axis, strength });
}

const nameOf = ({ stage, axis, strength }: AxisPoint): string =>
  `${stage === undefined ? '' : `${stage}, `}${axis} ${strength}`;
