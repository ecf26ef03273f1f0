import { formatMetric, formatP } from '../../src/format-numbers.ts';
import { tInterval } from '../../src/learning/metrics/intervals/student-t.ts';
import { unreachable } from '../../src/result.ts';
import { StageError } from '../../src/stage.ts';
import type { Comparison, Comparisons, Condition, Operator, Presences, Term } from './condition.ts';
import { undefinedValue, type Value } from './read-artifact.ts';
import type { Reads } from './reading.ts';

/** Whether the run bears a condition out, and the numbers that say so. */
export interface Verdict {
  /** Undefined: a value is undefined in this run, so that neither it nor its opposite holds. */
  readonly holds: boolean | undefined;
  /** `0.870 (0.853 to 0.885) > 0.5`. */
  readonly because: string;
}

/** What conditions ask of a run. */
interface Facts {
  /** The values that a term reads, each of a run if there are several. */
  readonly read: (reads: Reads) => readonly Value[];
  /** Whether there is something to read. */
  readonly isGiven: (reads: Reads) => boolean;
}
type ReadTerm = Facts['read'];

/** The confidence of the interval of a mean over runs. */
const confidence = 0.95;
/** A test decides if its p-value is below. */
const significance = 0.05;

/** Throws a {@link StageError} of one sentence for what cannot be compared. */
export function decide(condition: Condition, { read, isGiven }: Facts): Verdict {
  return condition.is === 'presences'
    ? decidePresences(condition, isGiven)
    : decideComparisons(condition, read);
}

function decidePresences({ joined, presences }: Presences, isGiven: Facts['isGiven']): Verdict {
  const verdicts = presences.map(({ text, reads }) => ({ text, holds: isGiven(reads) }));
  const because = verdicts
    .map(({ text, holds }) => `${text} is ${holds ? 'there' : 'not there'}`)
    .join(` ${joined} `);
  const holds =
    joined === 'and'
      ? verdicts.every((verdict) => verdict.holds)
      : verdicts.some((verdict) => verdict.holds);
  return { holds, because };
}

function decideComparisons({ joined, comparisons }: Comparisons, read: ReadTerm): Verdict {
  const verdicts = comparisons.map((comparison) => decideComparison(comparison, read));
  const because = verdicts.map((verdict) => verdict.because).join(` ${joined} `);
  if (joined === 'and') return { holds: allOf(verdicts), because };
  return {
    holds: opposite(allOf(verdicts.map(({ holds }) => ({ holds: opposite(holds) })))),
    because,
  };
}

/** False if any is, else undefined if any is. */
function allOf(verdicts: readonly Pick<Verdict, 'holds'>[]): boolean | undefined {
  if (verdicts.some(({ holds }) => holds === false)) return false;
  return verdicts.some(({ holds }) => holds === undefined) ? undefined : true;
}

const opposite = (holds: boolean | undefined): boolean | undefined =>
  holds === undefined ? undefined : !holds;

function decideComparison(comparison: Comparison, read: ReadTerm): Verdict {
  const { negated, every, left, right } = comparison;
  const lefts = valuesOf(left, read);
  const rights = valuesOf(right, read);
  const isPaired = rights.length === 1 || rights.length === lefts.length;
  const isFitting = every ? isPaired : lefts.length === 1 && rights.length === 1;
  if (!isFitting) {
    const counts = `${lefts.length} on the left and ${rights.length} on the right`;
    throw new StageError(
      every
        ? `expected as many values on both sides, or one on the right, got ${counts}`
        : `expected one value on each side, got ${counts}: choose one by an axis or a column, as in input[seed=7], or say "mean" before a side or "every" before both`,
    );
  }
  const verdicts = lefts.map((value, i) =>
    compare(comparison, value, rights.length === 1 ? rights[0]! : rights[i]!),
  );
  const holds = allOf(verdicts);
  const because = verdicts.map((verdict) => verdict.because).join(', ');
  return negated ? { holds: opposite(holds), because: `not ${because}` } : { holds, because };
}

function valuesOf(term: Term, read: ReadTerm): readonly Value[] {
  if (term.is === 'constant') return [{ value: term.value }];
  const values = read(term);
  return term.mean && values.length > 1 ? [meanOf(values)] : values;
}

/** The mean over runs, with Student's t interval. */
function meanOf(values: readonly Value[]): Value {
  if (values.some(({ value }) => value === undefinedValue)) return { value: undefinedValue };
  const numbers = values.map(({ value }) => numberOf(value));
  const { mean, low, high } = tInterval(numbers, confidence);
  return { value: mean, interval: [low, high] };
}

function numberOf(value: Value['value']): number {
  if (typeof value === 'number') return value;
  throw new StageError(`expected a number, got "${value}"`);
}

function compare(comparison: Comparison, left: Value, right: Value): Verdict {
  const { operator, by } = comparison;
  if ([left, right].some(({ value }) => value === undefinedValue))
    return {
      holds: undefined,
      because: `${write(left.value)} ${operator} ${write(right.value)}, where – is undefined`,
    };
  switch (by) {
    case 'value':
      return {
        holds: compareValues(left.value, operator, right.value),
        because: `${write(left.value)} ${operator} ${write(right.value)}`,
      };
    case 'interval': {
      const first = intervalOf(left, comparison.left);
      const second = intervalOf(right, comparison.right);
      return {
        holds: operator === '>' ? first[0] > second[1] : first[1] < second[0],
        because: `${withInterval(left)} ${operator} ${withInterval(right)}`,
      };
    }
    case 'test': {
      const p = pOf(left, comparison.left);
      const isBeyond = compareValues(left.value, operator, right.value);
      return {
        holds: isBeyond && p < significance,
        because: `${write(left.value)} ${operator} 0, p ${p < 0.001 ? '' : '= '}${formatP(p)}`,
      };
    }
    default:
      return unreachable(by);
  }
}

function compareValues(left: Value['value'], operator: Operator, right: Value['value']): boolean {
  if (operator === '=') return left === right;
  if (operator === '!=') return left !== right;
  const difference = numberOf(left) - numberOf(right);
  if (operator === '>') return difference > 0;
  if (operator === '<') return difference < 0;
  return operator === '>=' ? difference >= 0 : difference <= 0;
}

/** The interval of a value, or that of its neighbouring columns; of a constant itself. */
function intervalOf(value: Value, term: Term): readonly [number, number] {
  if (term.is === 'constant') return [numberOf(value.value), numberOf(value.value)];
  const interval = value.interval ?? value.neighbours?.interval;
  if (interval?.every(Number.isFinite)) return interval;
  const advice =
    term.reads.length === 2
      ? 'the intervals of two numbers are not that of their difference: read it from a table of tests, say "mean" for that over runs'
      : 'read a number that has one, say "mean" for that over runs';
  throw new StageError(`${term.text} has no interval: ${advice}, or write "by value"`);
}

function pOf({ neighbours }: Value, term: Term): number {
  if (neighbours?.p !== undefined) return neighbours.p;
  const name = term.is === 'reads' ? term.text : '';
  throw new StageError(
    `${name} has no test: expected a column such as aucDifference of a table that also has aucAdjustedP or aucP`,
  );
}

const write = (value: Value['value']): string =>
  typeof value === 'number' ? formatMetric(value) : value;

function withInterval({ value, interval, neighbours }: Value): string {
  const ends = interval ?? neighbours?.interval;
  return ends === undefined ? write(value) : `${write(value)} (${ends.map(write).join(' to ')})`;
}
