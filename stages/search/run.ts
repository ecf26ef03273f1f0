import { readFileSync, writeFileSync } from 'node:fs';
import type { JsonObject } from '../../src/json.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { type Bounds, boundsOf } from '../../src/learning/sampling/median-rule.ts';
import { proposeTrial } from '../../src/learning/sampling/propose-trial.ts';
import type { Outcome, Trial } from '../../src/learning/sampling/trial.ts';
import { withSelectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { readCourse } from './courses.ts';
import { boundsName, directionOf, directionOfCurve, type SearchSettings } from './spec.ts';

/** A trial as the file of the next one has it. */
interface WrittenTrial {
  readonly trial: number;
  readonly values: JsonObject;
  readonly continues?: number;
}

export default async function run(context: StageContext<SearchSettings>): Promise<void> {
  const { settings } = context;
  const { trial: number, axis, failed } = toldTo(settings);
  const before = context.inputs('previous').flatMap(({ path }) => readTrials(path));
  const values = valuesByTrial(context, axis);
  const outcomeOf = (trial: number): Outcome => {
    const value = values.get(String(trial));
    if (value === undefined)
      return failed.includes(String(trial)) ? { state: 'failed' } : { state: 'pending' };
    if (!Number.isFinite(value)) return { state: 'failed' };
    const isHigher = directionOf(settings.by!, settings.better) === 'higher';
    return { state: 'ended', loss: isHigher ? -value : value };
  };
  const trials = before.map(
    (trial): Trial => ({
      number: trial.trial,
      values: trial.values,
      ...(trial.continues !== undefined && { continues: trial.continues }),
      outcome: outcomeOf(trial.trial),
    }),
  );
  const proposal = proposeTrial(settings, trials, settings.enqueue?.[String(number)]);
  const bounds = boundsIn(context, axis);
  const content = {
    trial: number,
    ...proposal,
    values: { ...proposal.values, ...(bounds.length > 0 && { [boundsName]: bounds }) },
    before: before.map((trial) => {
      const { state } = outcomeOf(trial.trial);
      const value = values.get(String(trial.trial));
      return { ...trial, state, ...(state === 'ended' && { value }) };
    }),
  };
  writeFileSync(context.output('trial'), `${JSON.stringify(content, undefined, 2)}\n`);
}

function toldTo({ told }: SearchSettings) {
  if (told !== undefined) return told;
  throw new StageError(
    'Expected an axis that takes its values: matrix: { trial: { by: search.trial, count: 20 } }',
  );
}

/** All trials before, of which the file of the last one tells. */
function readTrials(path: string): readonly WrittenTrial[] {
  const { trial, values, continues, before } = JSON.parse(readFileSync(path, 'utf8'));
  const written = (each: WrittenTrial): WrittenTrial => {
    const { [boundsName]: _, ...others } = each.values; // its own: they say nothing to later trials
    return {
      trial: each.trial,
      values: others,
      ...(each.continues !== undefined && { continues: each.continues }),
    };
  };
  return [...before, { trial, values, continues }].map(written);
}

/** The value of each trial that has ended: the mean of its metrics; NaN where one is undefined. */
function valuesByTrial(
  context: StageContext<SearchSettings>,
  axis: string,
): ReadonlyMap<string, number> {
  const { by } = context.settings;
  if (by === undefined) return new Map();
  const values = new Map<string, number[]>();
  for (const { path, labels } of context.inputs('metrics')) {
    const label = labels[axis]!;
    const metrics = parseMetrics(readFileSync(path, 'utf8'));
    if (!metrics.ok) throw new StageError(`input "metrics" of trial ${label}: ${metrics.error}`);
    const { values: numbers } = metrics.value;
    const name = [withSelectionSplit(by), by].find((each) => numbers.has(each));
    if (name === undefined) {
      const known = thereAre(by, numbers.keys());
      throw new StageError(`Expected the number "${by}" of trial ${label}, got none. ${known}`);
    }
    values.set(label, [...(values.get(label) ?? []), numbers.get(name) ?? Number.NaN]);
  }
  const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return new Map([...values].map(([label, numbers]) => [label, mean(numbers)] as const));
}

/** What a trial must reach to go on, by those before; empty where the search ends none early. */
function boundsIn(context: StageContext<SearchSettings>, axis: string): Bounds {
  const { prune, by } = context.settings;
  if (prune === undefined) return [];
  const curve = prune.curve ?? by!;
  const courses = context.inputs('curves').map(({ path, labels }) => {
    const course = readCourse(readFileSync(path, 'utf8'), curve);
    if (course.ok) return course.value;
    throw new StageError(`Expected of trial ${labels[axis]} ${course.error}`);
  });
  return boundsOf(courses, { ...prune, better: directionOfCurve(curve, context.settings)! });
}
