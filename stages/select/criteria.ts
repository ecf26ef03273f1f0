import {
  findMetric,
  type Metric,
  metricCatalogue,
} from '../../src/learning/metrics/metric-catalogue.ts';

/** The learnable parameters of a candidate, by its model or by its metrics. */
export const parameterCount = 'parameters';

/** A number by which candidates are compared. */
export interface Criterion {
  /** `auc`, as the split of the selection has it, or `parameters`. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
}

/** The names whose direction is known. */
export const knownCriteria: readonly string[] = [
  ...metricCatalogue.filter((row: Metric) => !row.isOfParts).map(({ name }) => name),
  parameterCount,
];

/** The criterion of a name: that of the catalogue, or one whose direction the user gives. */
export function criterionOf(name: string, better?: Criterion['better']): Criterion {
  const known = name === parameterCount ? 'lower' : findMetric(name)?.better;
  return { name, better: better ?? known ?? 'higher' };
}

/** Compares two values of a criterion for sorting, the better one first. */
export const betterFirst = ({ better }: Criterion, a: number, b: number): number =>
  better === 'higher' ? b - a : a - b;

/** A bound of a number of the candidates. */
export interface Constraint {
  /** As it is written, with single spaces: `parameters < 1e6`. */
  readonly text: string;
  readonly name: string;
  readonly relation: '<' | '<=' | '>' | '>=';
  readonly bound: number;
}

/** A name, a relation and a number: `parameters < 1e6`. */
export const constraintPattern =
  /^\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$/;

/** Reads a text that {@link constraintPattern} matches. */
export function readConstraint(text: string): Constraint {
  const [, name, relation, bound] = constraintPattern.exec(text)!;
  return {
    text: `${name} ${relation} ${bound}`,
    name: name!,
    relation: relation as Constraint['relation'],
    bound: Number(bound),
  };
}

/** Whether a number keeps within a bound; an undefined number does not. */
export function keeps({ relation, bound }: Constraint, value: number | null): boolean {
  if (value === null) return false;
  switch (relation) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}
