import type { Design } from './regression-tree.ts';

/** One set of settings, and what it came to. */
export interface Trial {
  /** Without the fields of axes: `sample=3`. */
  readonly name: string;
  /** The result. */
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

/** Trials that have a result, and the settings in which they differ. */
export interface Trials {
  readonly trials: readonly Trial[];
  readonly settings: readonly TrialSetting[];
}

/**
 * A setting with its value in each trial: numbers where all texts are, else categories. `all` are
 * the names of all settings.
 */
export function settingOf(
  name: string,
  all: readonly string[],
  texts: readonly (string | undefined)[],
): TrialSetting {
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

export const isVaried = ({ values }: TrialSetting): boolean => new Set(values).size > 1;

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

/** The rank of each trial, the best one 0; of equal ones the first is ahead. */
export function rankTrials({ trials }: Trials, better: 'higher' | 'lower'): readonly number[] {
  const sign = better === 'higher' ? -1 : 1;
  const order = [...trials.keys()].sort(
    (a, b) => sign * (trials[a]!.value - trials[b]!.value) || a - b,
  );
  const ranks = new Array<number>(trials.length);
  for (const [rank, trial] of order.entries()) ranks[trial] = rank;
  return ranks;
}
