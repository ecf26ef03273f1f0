import { isDigest } from '../../digest.ts';
import { isJsonObject, type Json } from '../../json.ts';
import type { History } from '../../learning/training/history.ts';
import type { Curve } from '../../reported-curves.ts';
import { comparable } from '../effective-settings.ts';
import type { MeasuredNumber } from '../measured-number.ts';
import { baseName } from '../stage-base-name.ts';
import type { Subject } from './comparison-subject.ts';
import { type PairedScores, pairedScores, type Row, type TestedPairs } from './paired-scores.ts';
import { pooledScores } from './pooled-scores.ts';

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
 * Compares two or more subjects: their stages of the same name, or the single stages that the user
 * named, whatever their names. Stages that differ in the axes `over` alone are runs of one model:
 * their scores are pooled, and no single ones are tested.
 */
export function compareSubjects(
  subjects: readonly Subject[],
  tested: TestedPairs = 'all',
  over: readonly string[] = [],
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
    paired:
      over.length > 0
        ? pooledScores(subjects, over)
        : common.flatMap((row) => pairedScores(row, subjects, tested)),
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

function alignStages(subjects: readonly Subject[]): readonly Row[] {
  if (subjects.every(({ isStage }) => isStage)) {
    const runs = subjects.map(({ stages }) => [...stages]); // several only of one model
    return Array.from({ length: Math.max(...runs.map(({ length }) => length)) }, (_, index) => {
      const named = runs.map((stages) => stages[index]);
      return {
        stage: [...new Set(named.flatMap((entry) => entry?.[0] ?? []))].join(' / '),
        of: named.map((entry) => entry?.[1]),
      };
    });
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
