import type { Json, JsonObject } from '../../json.ts';

/** A finite list of values, or a range of numbers with its scale. */
export type Range =
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly logUniform: readonly [low: number, high: number] }
  | { readonly int: readonly [low: number, high: number] }
  | { readonly choice: readonly Json[] };

/** The values that other parameters must have, one of a list or the only one, by name. */
export type Conditions = Readonly<Record<string, Json>>;

/** One setting of a search: where its values lie, and when it exists. */
export type Parameter = Range & {
  /** The parameter exists only where these hold; absent: always. */
  readonly when?: Conditions | undefined;
};

/**
 * The settings that a search varies, by name. A parameter comes after those that its `when` names.
 */
export type Space = Readonly<Record<string, Parameter>>;

/** The values of a trial, without the parameters that do not exist in it. */
export type Values = JsonObject;

/** Significant digits of a drawn number: enough for a setting, and readable. */
const digits = 4;

/** A range of numbers as a line on which all kernels and draws are equally wide. */
export interface Line {
  /** The lower end; of integers half a step below the least. */
  readonly low: number;
  readonly high: number;
  readonly isInteger: boolean;
  /** The place of a value. */
  at(value: number): number;
  /** The value at a place: inside of the range, an integer where it must be one. */
  valueAt(place: number): number;
}

/** The line of a range; undefined for a choice. */
export function lineOf(range: Range): Line | undefined {
  if ('choice' in range) return undefined;
  if ('int' in range) {
    const [least, most] = range.int;
    const valueAt = (place: number) => Math.min(most, Math.max(least, Math.round(place)));
    return { low: least - 0.5, high: most + 0.5, isInteger: true, at: (value) => value, valueAt };
  }
  const isLog = 'logUniform' in range;
  const [least, most] = isLog ? range.logUniform : range.uniform;
  const valueAt = (place: number) => {
    const value = isLog ? Math.exp(place) : place;
    return Math.min(most, Math.max(least, Number(value.toPrecision(digits))));
  };
  const at = (value: number) => (isLog ? Math.log(value) : value);
  return { low: at(least), high: at(most), isInteger: false, at, valueAt };
}

/** The value of a range at a share of it, from 0 to below 1. */
export function valueAtShare(range: Range, share: number): Json {
  if ('choice' in range) return range.choice[Math.floor(share * range.choice.length)]!;
  const { low, high, valueAt } = lineOf(range)!;
  return valueAt(low + share * (high - low));
}

/** Whether a parameter exists beside these values: all that it depends on are there and right. */
export const exists = ({ when = {} }: Parameter, values: Values): boolean =>
  Object.entries(when).every(([name, wanted]) => {
    const value = values[name];
    return value !== undefined && indexInChoice(allowedBy(wanted), value) >= 0;
  });

/** The values that a condition allows, which names one or a list. */
const allowedBy = (wanted: Json): readonly Json[] => (Array.isArray(wanted) ? wanted : [wanted]);

/**
 * The values that others must have for a parameter to exist, with those that these need in turn.
 * Undefined where the conditions exclude each other, so that it exists in no trial.
 *
 *     const space = { a: { int: [1, 9] }, b: { int: [1, 2], when: { a: [3, 4] } },
 *       c: { int: [1, 2], when: { a: [4, 5], b: 1 } } };
 *     conditionsOf(space, 'c') // { a: [4], b: [1] }
 */
export function conditionsOf(
  space: Space,
  name: string,
): Readonly<Record<string, readonly Json[]>> | undefined {
  const conditions = new Map<string, readonly Json[]>();
  const names = Object.keys(space);
  const demand = (parameter: string): void => {
    for (const [other, wanted] of Object.entries(space[parameter]?.when ?? {})) {
      if (names.indexOf(other) >= names.indexOf(parameter)) continue; // a mistake: it comes later
      const allowed = allowedBy(wanted);
      const before = conditions.get(other) ?? allowed;
      conditions.set(
        other,
        before.filter((value) => indexInChoice(allowed, value) >= 0),
      );
      demand(other);
    }
  };
  demand(name);
  const canHold = [...conditions.values()].every((allowed) => allowed.length > 0);
  return canHold ? Object.fromEntries(conditions) : undefined;
}

/** Makes the values of a trial: `choose` is asked for each parameter that exists. */
export function fillSpace(
  space: Space,
  choose: (name: string, parameter: Parameter) => Json,
): Values {
  const values: Record<string, Json> = {};
  for (const [name, parameter] of Object.entries(space)) {
    if (exists(parameter, values)) values[name] = choose(name, parameter);
  }
  return values;
}

/** The index of a value in a choice; -1 where it is none of them. */
export const indexInChoice = (choice: readonly Json[], value: Json): number =>
  choice.findIndex((each) => isSame(each, value));

/** Whether a value lies in a range, ends included. */
export function isInside(range: Range, value: Json): boolean {
  if ('choice' in range) return indexInChoice(range.choice, value) >= 0;
  if (typeof value !== 'number') return false;
  if ('int' in range) {
    const [least, most] = range.int;
    return Number.isInteger(value) && value >= least && value <= most;
  }
  const [least, most] = 'uniform' in range ? range.uniform : range.logUniform;
  return value >= least && value <= most;
}

/** How many different trials a space has; infinite with a range of real numbers. */
export function sizeOf(space: Space): number {
  const sizes = Object.values(space).map((parameter) => {
    if ('choice' in parameter) return parameter.choice.length;
    return 'int' in parameter ? parameter.int[1] - parameter.int[0] + 1 : Number.POSITIVE_INFINITY;
  });
  return sizes.reduce((product, size) => product * size, 1);
}

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);
