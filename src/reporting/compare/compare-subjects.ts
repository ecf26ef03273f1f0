import { defaultNames } from '../../default-class-names.ts';
import { isDigest } from '../../digest.ts';
import { isJsonObject, type Json } from '../../json.ts';
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
import type { History } from '../../learning/training/history.ts';
import type { Curve } from '../../reported-curves.ts';
import { comparable } from '../effective-settings.ts';
import type { MeasuredNumber } from '../measured-number.ts';
import { baseName } from '../stage-base-name.ts';
import type { ScoredUnit, SidedScores, Subject, SubjectStage } from './comparison-subject.ts';

/**
 * What several subjects have in common and in what they differ; lists of values are in the order of
 * the subjects.
 */
export interface Comparison {
  readonly subjects: readonly string[];
  /** The stages that at least two subjects have. */
  readonly stages: readonly string[];
  readonly settings: readonly DifferingValue[];
  readonly missing: readonly { readonly stage: string; readonly lackedBy: readonly string[] }[];
  readonly metrics: readonly ComparedNumber[];
  readonly paired: readonly PairedScores[];
  /** A stage with numbers of each, as `a:scores[seed=7]`, where the subjects share no number. */
  readonly alike?: readonly string[];
  readonly histories: readonly {
    readonly stage: string;
    readonly of: readonly (History | undefined)[];
  }[];
  /**
   * What stages without a history reported while they ran; empty lists for subjects without the
   * stage.
   */
  readonly curves: readonly {
    readonly stage: string;
    readonly of: readonly (readonly Curve[])[];
  }[];
}

interface DifferingValue {
  readonly stage: string;
  readonly path: string;
  /** Undefined for a setting at a default that is not known, and for an input that is absent. */
  readonly values: readonly (Json | undefined)[];
}

/** A number that at least two subjects have. */
export interface ComparedNumber {
  readonly stage: string;
  readonly name: string;
  readonly values: readonly (MeasuredNumber | undefined)[];
}

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
      readonly few?: string;
    }
  | { readonly problem: string }
);

const level = 0.95;
const seed = 7;

/** Which pairs of subjects are tested: all, none, or those with the subject of an index. */
type TestedPairs = 'all' | 'none' | number;

/**
 * Compares two or more subjects: their stages of the same name, or the single stages that the user
 * named, whatever their names.
 */
export function compareSubjects(
  subjects: readonly Subject[],
  tested: TestedPairs = 'all',
): Comparison {
  const rows = alignStages(subjects);
  const common = rows.filter(({ of }) => of.filter((stage) => stage !== undefined).length > 1);
  const metrics = common.flatMap(comparedNumbers);
  const alike = metrics.length > 0 ? undefined : alikeStages(subjects);
  return {
    subjects: subjects.map(({ label }) => label),
    stages: common.map(({ stage }) => stage),
    settings: [...common, ...alignUpstream(subjects)].flatMap(differingValues),
    missing: rows.flatMap(({ stage, of }) => {
      const lackedBy = subjects
        .filter((_, index) => of[index] === undefined)
        .map(({ label }) => label);
      return lackedBy.length > 0 ? [{ stage, lackedBy }] : [];
    }),
    metrics,
    paired: common.flatMap((row) => pairedScores(row, subjects, tested)),
    ...(alike !== undefined && { alike }),
    histories: common
      .filter(hasHistories)
      .map(({ stage, of }) => ({ stage, of: of.map((stage) => stage?.history) })),
    curves: common
      .filter(
        (row) =>
          !hasHistories(row) && row.of.filter((stage) => stage?.curves !== undefined).length > 1,
      )
      .map(({ stage, of }) => ({ stage, of: of.map((stage) => stage?.curves ?? []) })),
  };
}

/** Histories of at least two subjects, which one chart shows. */
const hasHistories = ({ of }: Row): boolean =>
  of.filter((stage) => stage?.history !== undefined).length > 1;

interface Row {
  readonly stage: string;
  readonly of: readonly (SubjectStage | undefined)[];
}

function alignStages(subjects: readonly Subject[]): readonly Row[] {
  if (subjects.every(({ isStage }) => isStage)) {
    const names = subjects.map(({ stages }) => [...stages.keys()][0]!);
    return [
      {
        stage: [...new Set(names)].join(' / '),
        of: subjects.map(({ stages }, i) => stages.get(names[i]!)),
      },
    ];
  }
  const named = subjects.filter(({ isStage }) => isStage);
  const from = named.length > 0 ? named : subjects;
  const names = new Set(from.flatMap(({ stages }) => [...stages.keys()]));
  return [...names].map((stage) => ({
    stage,
    of: subjects.map(({ stages }) => stages.get(stage)),
  }));
}

/**
 * The upstream stages of named ones, aligned by name without axes, since instances may differ only
 * in what they read.
 */
function alignUpstream(subjects: readonly Subject[]): readonly Row[] {
  if (!subjects.every(({ isStage }) => isStage)) return [];
  const upstream = subjects.map((subject) => [...(subject.upstream ?? [])]);
  return [...new Set(upstream.flat().map(([name]) => baseName(name)))].flatMap((base) => {
    const instances = upstream.map((stages) => stages.filter(([name]) => baseName(name) === base));
    return Array.from(
      { length: Math.max(...instances.map(({ length }) => length)) },
      (_, index): Row => {
        const side = instances.map((list) => list[index]);
        return {
          stage: [
            ...new Set(side.flatMap((entry) => (entry === undefined ? [] : [entry[0]]))),
          ].join(' / '),
          of: side.map((entry) => entry?.[1]),
        };
      },
    );
  });
}

/**
 * The first stage with numbers of each subject, if possible one that all share; stages with scores
 * come first.
 */
function alikeStages(subjects: readonly Subject[]): readonly string[] | undefined {
  const measured = subjects.map(({ stages }) => {
    const measuredStages = [...stages].filter(([, { metrics }]) => metrics.size > 0);
    return measuredStages
      .toSorted(([, a], [, b]) => Number(!a.scores) - Number(!b.scores))
      .map(([name]) => name);
  });
  const among = (names: readonly string[], wanted = '') =>
    names.find((name) => ownName(name) === ownName(wanted));
  const shared = measured[0]!.find((wanted) =>
    measured.every((names) => among(names, wanted) !== undefined),
  );
  const stageNames = measured.map((names) => among(names, shared) ?? names[0]);
  if (stageNames.includes(undefined)) return undefined;
  return subjects.map(({ label, isStage }, index) =>
    isStage ? label : `${label}:${stageNames[index]}`,
  );
}

/** A stage's name without its axes and without the name under which its pipeline was included. */
const ownName = (stage: string): string => baseName(stage).replace(/^.*\//, '');

function differingValues({ stage, of }: Row): readonly DifferingValue[] {
  const known = of.flatMap((result, index) => (result?.fingerprint === undefined ? [] : [index]));
  const described = known.map((index) => ({
    fingerprint: of[index]!.fingerprint!,
    settings: of[index]!.settings,
  }));
  const fingerprints = comparable(described);
  return differences(fingerprints, '').map(({ path, values }) => {
    const all = of.map((_, index) => values[known.indexOf(index)]);
    return { stage, path, values: all };
  });
}

/**
 * The paths at which values differ: within maps, also absent ones, and within lists that all have.
 * Digests are short, since they only show that contents differ.
 */
function differences(
  values: DifferingValue['values'],
  path: string,
): readonly Omit<DifferingValue, 'stage'>[] {
  if (new Set(values.map((value) => JSON.stringify(value))).size < 2) return [];
  const present = values.filter((value) => value !== undefined);
  const areLists = present.length === values.length && present.every(isListOfMaps);
  if (!areLists && !present.every(isJsonObject)) {
    const valueText = (value: Json | undefined) =>
      typeof value === 'string' && isDigest(value) ? `content ${value.slice(0, 10)}` : value;
    return [{ path, values: values.map(valueText) }];
  }
  const keys = new Set(present.flatMap((value) => Object.keys(value as object)));
  const prefix = path === '' ? '' : `${path}.`;
  const step = (key: string) => (areLists ? `${path}[${key}]` : prefix + key);
  const within = (value: Json | undefined, key: string) =>
    (value as Readonly<Record<string, Json>> | undefined)?.[key];
  return [...keys].flatMap((key) =>
    differences(
      values.map((value) => within(value, key)),
      step(key),
    ),
  );
}

const isListOfMaps = (value: Json): boolean =>
  Array.isArray(value) && value.some((item) => isJsonObject(item));

function comparedNumbers({ stage, of }: Row): readonly ComparedNumber[] {
  const names = new Set(of.flatMap((result) => [...(result?.metrics.keys() ?? [])]));
  return [...names].flatMap((name) => {
    const values = of.map((result) => result?.metrics.get(name));
    return values.filter((value) => value !== undefined).length > 1
      ? [{ stage, name, values }]
      : [];
  });
}

/** The scores of images, then those of videos, where at least two subjects have such. */
function pairedScores(
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
function scoresOf(stage: SubjectStage, unit: ScoredUnit): SidedScores | undefined {
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
interface ScoredBySeveral<Rows> {
  readonly indices: readonly number[];
  readonly split: string;
  readonly rows: readonly Rows[];
}

/** On the test split where all have it, else on the last that they share; undefined for none. */
function onSharedSplit<Row extends { readonly split: string }>(
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
  level,
  seed,
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
