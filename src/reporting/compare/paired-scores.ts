import { defaultNames } from '../../default-class-names.ts';
import {
  type AccuracyComparison,
  compareClassifiers,
  compareModels,
  type ModelComparison,
} from '../../learning/metrics/comparison/compare-models.ts';
import { matchRows, matchScores } from '../../learning/metrics/comparison/match-scores.ts';
import { differenceOf } from '../../learning/metrics/comparison/row-statistics.ts';
import { fewGroups } from '../../learning/metrics/few-groups.ts';
import { auc } from '../../learning/metrics/ranking/auc.ts';
import { rocCurve } from '../../learning/metrics/ranking/roc-curve.ts';
import { countAtThresholds } from '../../learning/metrics/ranking/threshold-counts.ts';
import { reportedSplit } from '../../learning/metrics/reported-split.ts';
import type { BinaryRow } from '../../learning/metrics/scores/binary-view.ts';
import type { ScoredUnit, SidedScores, Subject, SubjectStage } from './comparison-subject.ts';

/**
 * The subjects' scores of the same images or videos, compared pair by pair, or why they cannot be
 * compared.
 */
export type PairedScores = {
  readonly stage: string;
  readonly unit: ScoredUnit;
  readonly split: string;
  readonly subjects: readonly number[];
} & (
  | {
      /** Or videos, by the unit. */
      readonly images: number;
      /** The name of the positive side. */
      readonly positive: string;
      readonly pairs: readonly ModelComparison[];
      /** A warning where the images come in few groups. */
      readonly few?: string;
      /** AUC of each of `subjects` on these images. */
      readonly areas: readonly number[];
      /** Curve of each subject: rates of false and true positives. */
      readonly curves: readonly (readonly (readonly [
        falsePositives: number,
        truePositives: number,
      ])[])[];
    }
  | {
      readonly images: number;
      /** Of a comparison of decisions among more than two classes: the classes of these images. */
      readonly classes: readonly string[];
      readonly pairs: readonly AccuracyComparison[];
      /** How many runs of each of `subjects` are pooled; absent: each has one. */
      readonly runs?: readonly number[];
      readonly few?: string;
    }
  | {
      /** Pooled runs with two sides. */
      readonly images: number;
      readonly runs: readonly number[];
      readonly pairs: readonly ModelComparison[];
      readonly few?: string;
    }
  | { readonly problem: string }
);

/** How pairs are tested. */
export const testOptions = { level: 0.95, seed: 7 } as const;

/** Which pairs of subjects are tested: all, none, or those with the subject of an index. */
export type TestedPairs = 'all' | 'none' | number;

/** The stages of the subjects that are compared with each other. */
export interface Row {
  readonly stage: string;
  readonly of: readonly (SubjectStage | undefined)[];
}

/** The scores of images, then those of videos, where at least two subjects have such. */
export function pairedScores(
  { stage, of }: Row,
  subjects: readonly Subject[],
  tested: TestedPairs,
): readonly PairedScores[] {
  const levels = (['image', 'video'] as const).map((unit) => ({
    stage,
    unit,
    of: of.map((result) => result && scoresOf(result, unit)),
  }));
  const paired = levels.flatMap((level) => pairedLevel(level, subjects, tested));
  const indices = of.flatMap((result, index) => (hasScores(result) ? [index] : []));
  if (paired.length > 0 || indices.length < 2) return paired;
  const problem =
    'some scores are of images and others of videos, which `--by video` joins from images';
  return [{ stage, unit: 'image', split: '', subjects: indices, problem }];
}

const hasScores = (scores: SidedScores | undefined): boolean =>
  scores?.scores !== undefined || scores?.unpaired !== undefined;

/** The scores of a stage that are of images, or of videos. */
export function scoresOf(stage: SubjectStage, unit: ScoredUnit): SidedScores | undefined {
  if ((stage.unit ?? 'image') === unit) return stage;
  return unit === 'video' ? stage.videos : undefined;
}

/** The scores of a stage of each subject, of images or of videos. */
interface ScoredLevel {
  readonly stage: string;
  readonly unit: ScoredUnit;
  readonly of: readonly (SidedScores | undefined)[];
}

/** The decisions among classes and the two sides of a level, as far as its scores have them. */
function pairedLevel(level: ScoredLevel, subjects: readonly Subject[], tested: TestedPairs) {
  const answers = pairedAnswers(level, subjects, tested);
  const isTested = answers.some((paired) => !('problem' in paired));
  const sides = pairedSides(level, subjects, tested);
  // Without sides the classes are all that can be tested, which is no problem.
  return [...answers, ...sides.filter((paired) => !(isTested && 'problem' in paired))];
}

/** What several subjects scored at one level, on one split. */
export interface ScoredBySeveral<Rows> {
  readonly indices: readonly number[];
  readonly split: string;
  readonly rows: readonly Rows[];
}

/** On the test split where all have it, else on the last that they share; undefined for none. */
export function onSharedSplit<Row extends { readonly split: string }>(
  scored: readonly { readonly index: number; readonly rows: readonly Row[] }[],
): ScoredBySeveral<readonly Row[]> | undefined {
  const [first, ...others] = scored.map(({ rows }) => [...new Set(rows.map(({ split }) => split))]);
  const shared = first!.filter((split) => others.every((splits) => splits.includes(split)));
  const split = reportedSplit(shared);
  if (split === undefined) return undefined;
  return {
    indices: scored.map(({ index }) => index),
    split,
    rows: scored.map(({ rows }) => rows.filter((row) => row.split === split)),
  };
}

/** The decisions of classifiers of more than two classes, where all that scored are such. */
function pairedAnswers(
  { stage, unit, of }: ScoredLevel,
  subjects: readonly Subject[],
  tested: TestedPairs,
): readonly PairedScores[] {
  const scored = of.flatMap((result, index) =>
    result?.answers === undefined ? [] : [{ index, rows: result.answers.rows }],
  );
  const isOfAll = scored.length === of.filter(hasScores).length;
  if (scored.length < 2 || !isOfAll) return [];
  const shared = onSharedSplit(scored);
  if (shared === undefined) return [];
  const { split, indices, rows } = shared;
  const models = rows.map((rows, i) => ({ name: subjects[indices[i]!]!.label, rows }));
  const matched = matchRows(models);
  const level = { stage, unit, split, subjects: indices };
  if (!matched.ok) return [{ ...level, problem: matched.error }];
  const { images, labels, groups } = matched.value;
  const classes = [...new Set(labels)];
  const few = fewGroups(
    { labels: labels.map((label) => classes.indexOf(label)), groups },
    classes,
    split,
    unit,
  );
  const pairs = tested === 'none' ? [] : compareClassifiers(matched.value, testOf(tested, indices));
  return [{ ...level, images: images.length, classes, pairs, ...(few !== undefined && { few }) }];
}

/** The two sides of detectors, or why they have none. */
function pairedSides(
  { stage, unit, of }: ScoredLevel,
  subjects: readonly Subject[],
  tested: TestedPairs,
): readonly PairedScores[] {
  const scored = of.flatMap((result, index) =>
    result?.scores === undefined ? [] : [{ index, rows: result.scores, sides: result.sides }],
  );
  const unpaired = of.flatMap((result, index) =>
    result?.unpaired === undefined ? [] : [{ index, reason: result.unpaired }],
  );
  if (scored.length + unpaired.length < 2) return [];
  if (unpaired.length > 0) {
    const indices = [...scored, ...unpaired].map(({ index }) => index).sort((a, b) => a - b);
    const problem = `tests need two sides, which evaluate sets: ${unpaired[0]!.reason}`;
    return [{ stage, unit, split: '', subjects: indices, problem }];
  }
  const shared = onSharedSplit(scored);
  if (shared === undefined) {
    const indices = scored.map(({ index }) => index);
    return [{ stage, unit, split: '', subjects: indices, problem: 'they share no scored split' }];
  }
  const { split, indices } = shared;
  const models = scored.map(({ index, sides }, i) => ({
    sides,
    name: subjects[index]!.label,
    rows: shared.rows[i]!,
  }));
  const matched = matchScores(models);
  if (!matched.ok) return [{ stage, unit, split, subjects: indices, problem: matched.error }];
  const sides = models[0]!.sides ?? defaultNames;
  const few = fewGroups(matched.value, sides, split, unit);
  return [
    {
      stage,
      unit,
      split,
      subjects: indices,
      images: matched.value.images.length,
      positive: sides[1],
      ...(few !== undefined && { few }),
      pairs: tested === 'none' ? [] : compareModels(matched.value, testOf(tested, indices)),
      areas: matched.value.models.map((rows) =>
        auc(countAtThresholds(matched.value.labels, rows.map(differenceOf))),
      ),
      curves: matched.value.models.map(curveOf),
    },
  ];
}

const testOf = (tested: 'all' | number, indices: readonly number[]) => ({
  ...testOptions,
  ...againstOf(tested, indices),
});

const againstOf = (
  tested: 'all' | number,
  indices: readonly number[],
): { readonly against?: number } => (tested === 'all' ? {} : { against: indices.indexOf(tested) });

function curveOf(rows: readonly BinaryRow[]): readonly (readonly [number, number])[] {
  const labels = rows.map(({ label }) => label);
  const curve = rocCurve(countAtThresholds(labels, rows.map(differenceOf)));
  return Array.from(curve.falsePositiveRate, (x, i) => [x, curve.truePositiveRate[i]!] as const);
}
