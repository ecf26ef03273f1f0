import { defaultNames } from '../../default-class-names.ts';
import { instanceName, readName } from '../../engine/config/stage-reference.ts';
import { formatList } from '../../format-numbers.ts';
import type { ClassAnswer } from '../../learning/metrics/comparison/class-answers.ts';
import {
  compareClassifierRuns,
  compareRuns,
} from '../../learning/metrics/comparison/compare-runs.ts';
import { matchRows, matchScores } from '../../learning/metrics/comparison/match-scores.ts';
import { fewGroups } from '../../learning/metrics/few-groups.ts';
import type { BinaryRow } from '../../learning/metrics/scores/binary-view.ts';
import type { ScoredUnit, SidedScores, Subject } from './comparison-subject.ts';
import { onSharedSplit, type PairedScores, scoresOf, testOptions } from './paired-scores.ts';

/** The runs of a model that each subject has; none for a subject without it. */
type Runs = readonly (readonly SidedScores[])[];

/** Pooled runs at one level. */
interface PooledLevel {
  readonly stage: string;
  readonly unit: ScoredUnit;
  readonly of: Runs;
}

/**
 * The models of the subjects by the means of their runs, which differ in the axes `over` alone: by
 * accuracy, and with two sides by AUC as well.
 */
export function pooledScores(
  subjects: readonly Subject[],
  over: readonly string[],
): readonly PairedScores[] {
  const areStages = subjects.every(({ isStage }) => isStage);
  const models = new Map<
    string,
    { readonly names: Set<string>; readonly of: Subject['stages'][] }
  >();
  for (const [index, { stages }] of subjects.entries()) {
    for (const [name, result] of stages) {
      const model = withoutAxes(name, over);
      const key = areStages ? '' : model;
      const known = models.get(key) ?? { names: new Set(), of: subjects.map(() => new Map()) };
      known.names.add(model);
      known.of[index] = new Map([...known.of[index]!, [name, result]]);
      models.set(key, known);
    }
  }
  return [...models.values()].flatMap(({ names, of }) =>
    (['image', 'video'] as const).flatMap((unit) => {
      const runs = of.map((stages) =>
        [...stages.values()].flatMap((result) => scoresOf(result, unit) ?? []),
      );
      const stage = `${[...names].join(' / ')} over ${formatList(over)}`;
      return pooledLevel({ stage, unit, of: runs }, subjects);
    }),
  );
}

/** The name of a stage without some of its axes. */
export function withoutAxes(name: string, over: readonly string[]): string {
  const { stage, selection } = readName(name);
  const labels = [...selection].filter(([axis]) => !over.includes(axis));
  return instanceName(stage, Object.fromEntries(labels));
}

function pooledLevel(
  { stage, unit, of }: PooledLevel,
  subjects: readonly Subject[],
): readonly PairedScores[] {
  const runs = of.flatMap((ofSubject, index) =>
    ofSubject.map((run, n) => ({ index, name: `${subjects[index]!.label}, run ${n + 1}`, run })),
  );
  const answers = runs.flatMap(({ run, ...of }) =>
    run.answers === undefined ? [] : [{ ...of, rows: run.answers.rows }],
  );
  const sides = runs.flatMap(({ run, ...of }) =>
    run.scores === undefined ? [] : [{ ...of, rows: run.scores, sides: run.sides }],
  );
  return [...pooledAnswers(stage, unit, answers), ...pooledSides(stage, unit, sides)];
}

/** A run of the model of a subject. */
interface Run<Row> {
  /** Of its subject. */
  readonly index: number;
  readonly name: string;
  readonly rows: readonly Row[];
}

/** The runs of each subject by their places in a list, in the order of the subjects. */
function groupsOf(runs: readonly { readonly index: number }[]) {
  const indices = [...new Set(runs.map(({ index }) => index))];
  const places = indices.map((wanted) =>
    runs.flatMap(({ index }, place) => (index === wanted ? [place] : [])),
  );
  return { indices, places, counts: places.map(({ length }) => length) };
}

/** Classifiers of more than two classes, by their accuracy. */
function pooledAnswers(
  stage: string,
  unit: ScoredUnit,
  runs: readonly Run<ClassAnswer>[],
): readonly PairedScores[] {
  const { indices, places, counts } = groupsOf(runs);
  const shared = indices.length < 2 ? undefined : onSharedSplit(runs);
  if (shared === undefined) return [];
  const { split } = shared;
  const level = { stage, unit, split, subjects: indices };
  const models = runs.map(({ name }, run) => ({ name, rows: shared.rows[run]! }));
  const matched = matchRows(models);
  if (!matched.ok) return [{ ...level, problem: matched.error }];
  const { images, labels, groups } = matched.value;
  const classes = [...new Set(labels)];
  const numbers = labels.map((label) => classes.indexOf(label));
  const few = fewGroups({ labels: numbers, groups }, classes, split, unit);
  const pairs = compareClassifierRuns(matched.value, places, testOptions);
  return [
    {
      ...level,
      images: images.length,
      classes,
      runs: counts,
      pairs,
      ...(few !== undefined && { few }),
    },
  ];
}

/** Detectors, by their AUC and accuracy. */
function pooledSides(
  stage: string,
  unit: ScoredUnit,
  runs: readonly (Run<BinaryRow> & { readonly sides: SidedScores['sides'] })[],
): readonly PairedScores[] {
  const { indices, places, counts } = groupsOf(runs);
  const shared = indices.length < 2 ? undefined : onSharedSplit(runs);
  if (shared === undefined) return [];
  const { split } = shared;
  const level = { stage, unit, split, subjects: indices };
  const models = runs.map(({ name, sides }, run) => ({ name, sides, rows: shared.rows[run]! }));
  const matched = matchScores(models);
  if (!matched.ok) return [{ ...level, problem: matched.error }];
  const few = fewGroups(matched.value, models[0]!.sides ?? defaultNames, split, unit);
  const pairs = compareRuns(matched.value, places, testOptions);
  return [
    {
      ...level,
      images: matched.value.images.length,
      runs: counts,
      pairs,
      ...(few !== undefined && { few }),
    },
  ];
}
