import { groupOver } from '../../src/learning/charts/series.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { nameByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { readInput } from '../../src/read-input.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Design } from './regression-tree.ts';
import type { SweepSettings } from './spec.ts';

/** One set of settings, and what it came to. */
export interface Trial {
  /** Without the fields of axes: `sample=3`. */
  readonly name: string;
  readonly labels: InputArtifact['labels'];
  /** The result on the validation split. */
  readonly value: number;
}

/** A setting that the trials differ in, with its value in each; undefined where one has none. */
export interface TrialSetting {
  /** As labels name it: `sample.rate`. */
  readonly name: string;
  /** Without the axis, where that is no other's name. */
  readonly title: string;
  /** Numbers where all values are; else categories. */
  readonly values: readonly (number | string | undefined)[];
  readonly isNumeric: boolean;
  /** Positive numbers that span two powers of ten: charts draw them on a logarithmic axis. */
  readonly isLogarithmic: boolean;
}

/** The trials of a sweep with a result, and what they differ in. */
export interface Trials {
  readonly trials: readonly Trial[];
  readonly settings: readonly TrialSetting[];
  /** All settings that were asked for, with those that are the same in every trial. */
  readonly asked: readonly TrialSetting[];
  /** How many have no result. */
  readonly without: number;
}

/** Reads the metrics of all trials. Throws a {@link StageError} where none can be compared. */
export function readTrials(context: StageContext<SweepSettings>): Trials {
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
  const all = groups.map(({ labels, items }): Trial => {
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
  const asked = names.map((name) => settingOf(name, names, trials));
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

function settingOf(name: string, all: readonly string[], trials: readonly Trial[]): TrialSetting {
  const texts = trials.map(({ labels }) => labels[name]);
  const isNumeric = texts.every(
    (text) => text === undefined || (text.trim() !== '' && Number.isFinite(Number(text))),
  );
  const values = texts.map((text) => (text !== undefined && isNumeric ? Number(text) : text));
  const numbers = values.filter((value) => typeof value === 'number');
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const short = shortName(name);
  const isAlone = all.filter((other) => shortName(other) === short).length === 1;
  return {
    name,
    title: isAlone ? short : name,
    values,
    isNumeric,
    isLogarithmic: isNumeric && low > 0 && high >= 100 * low,
  };
}

/** `rate` of `sample.rate`. */
export const shortName = (name: string): string => name.slice(name.indexOf('.') + 1);

const isVaried = ({ values }: TrialSetting): boolean => new Set(values).size > 1;

/** The different values of a setting: numbers in their order, categories by their first trial. */
export function levelsOf({ values, isNumeric }: TrialSetting): readonly (number | string)[] {
  const distinct = [...new Set(values.filter((value) => value !== undefined))];
  return isNumeric ? (distinct as number[]).sort((a, b) => a - b) : distinct;
}

/** The trials for a regression tree. A setting that a trial lacks has a level of its own there. */
export function designOf({ trials, settings }: Trials): Design {
  const mean = trials.reduce((sum, { value }) => sum + value, 0) / trials.length;
  return {
    values: Float64Array.from(trials, ({ value }) => value - mean),
    settings: settings.map((setting) => {
      const levels = [
        ...(setting.values.includes(undefined) ? [undefined] : []),
        ...levelsOf(setting),
      ];
      const indices = new Map(levels.map((level, index) => [level, index]));
      return {
        count: levels.length,
        isOrdered: setting.isNumeric,
        levels: Int32Array.from(setting.values, (value) => indices.get(value)!),
      };
    }),
  };
}
