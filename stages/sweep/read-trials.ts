import { groupOver } from '../../src/learning/charts/series.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { nameByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import {
  isVaried,
  settingOf,
  type Trial,
  type TrialSetting,
  type Trials,
} from '../../src/learning/trials/trials.ts';
import { readInput } from '../../src/read-input.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { SweepSettings } from './spec.ts';

/** A trial of a sweep, whose result is on the validation split. */
export interface LabelledTrial extends Trial {
  readonly labels: InputArtifact['labels'];
}

/** The trials of a sweep with a result, and what they differ in. */
export interface SweptTrials extends Trials {
  readonly trials: readonly LabelledTrial[];
  /** All settings that were asked for, with those that are the same in every trial. */
  readonly asked: readonly TrialSetting[];
  /** How many have no result. */
  readonly without: number;
}

/** Reads the metrics of all trials. Throws a {@link StageError} where none can be compared. */
export function readTrials(context: StageContext<SweepSettings>): SweptTrials {
  const { by, over, settings } = context.settings;
  const key = `${selectionSplit}.${by}`;
  const items = context.inputs('metrics').map((input) => {
    const { values }: Metrics = readInput('metrics', input, parseMetrics);
    const value = values.get(key);
    if (value === undefined) {
      throw new StageError(
        `Expected the number "${key}" in the metrics of ${nameByLabels([input], 0)}, got none. ${thereAre(key, values.keys())}`,
      );
    }
    return { labels: input.labels, value };
  });
  const groups = groupOver(items, over);
  const all = groups.map(({ labels, items }): LabelledTrial => {
    const plain = Object.entries(labels).filter(([name]) => !name.includes('.'));
    const name = nameByLabels([{ labels: Object.fromEntries(plain) }], 0);
    const sum = items.reduce((total, { value }) => total + (value ?? Number.NaN), 0);
    return { name, labels, value: sum / items.length };
  });
  const trials = all.filter(({ value }) => Number.isFinite(value));
  if (trials.length < 2)
    throw new StageError(
      `Expected two trials with a value of ${key} or more, got ${trials.length}.`,
    );
  const known = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))];
  const names = [...new Set(settings.flatMap((name) => expand(name, known)))];
  const asked = names.map((name) => {
    const texts = trials.map(({ labels }) => labels[name]);
    return settingOf(name, names, texts);
  });
  const varied = asked.filter(isVaried);
  if (varied.length === 0) {
    throw new StageError(`Expected trials that differ in ${settings.join(' or ')}, got none.`);
  }
  return { trials, settings: varied, asked, without: all.length - trials.length };
}

/** The labels that a name means: itself, or for `sample.*` all fields of the axis. */
function expand(name: string, known: readonly string[]): readonly string[] {
  if (!name.endsWith('.*')) return [name];
  const prefix = name.slice(0, -1);
  return known.filter((label) => label.startsWith(prefix));
}
