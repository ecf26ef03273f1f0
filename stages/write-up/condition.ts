import { err, ok, type Result } from '../../src/result.ts';
import { parseReads, type Reads } from './reading.ts';

/**
 * What a run must bear out, or what chooses a text:
 *
 *     condition  = comparison { "and" comparison } | comparison { "or" comparison }
 *                | given { "and" given } | given { "or" given }
 *     given      = "given" reading
 *     comparison = [ "not" ] [ "every" ] term operator term "by" criterion
 *     term       = number | "text" | [ "mean" ] reading [ ( "-" | "/" ) reading ]
 *     operator   = ">" | ">=" | "<" | "<=" | "=" | "!="
 *     criterion  = "interval" | "test" | "value"
 */
export type Condition = Comparisons | Presences;

/** Statements about numbers. */
export interface Comparisons {
  readonly is: 'comparisons';
  readonly joined: Joined;
  readonly comparisons: readonly Comparison[];
}

/**
 * Whether the stage has something at all: `given collapse`, for a text that some runs of a pipeline
 * lack.
 */
export interface Presences {
  readonly is: 'presences';
  readonly joined: Joined;
  readonly presences: readonly Presence[];
}

type Joined = 'and' | 'or';

/** An input, an artifact of it, or a value. */
export interface Presence {
  /** As written, without `given`. */
  readonly text: string;
  readonly reads: Reads;
}

/** Two terms, and what decides between them. */
export interface Comparison {
  /** As written, without `not`. */
  readonly text: string;
  readonly negated: boolean;
  /** Whether each value must hold, with its counterpart where there are as many on both sides. */
  readonly every: boolean;
  readonly left: Term;
  readonly operator: Operator;
  readonly right: Term;
  readonly by: Criterion;
}

/** One side of a comparison. */
export type Term =
  | { readonly is: 'constant'; readonly value: number | string }
  | ({ readonly is: 'reads'; readonly text: string; readonly mean: boolean } & Reads);

const operators = ['>=', '<=', '!=', '>', '<', '='] as const;
export type Operator = (typeof operators)[number];

/**
 * What decides: `interval`, that the intervals of the two sides have no common value; `test`, the
 * p-value beside a difference; `value`, the values alone.
 */
const criteria = ['interval', 'test', 'value'] as const;
export type Criterion = (typeof criteria)[number];

const example = 'scores test.auc > 0.5 by interval';

/** Parses a condition. The error is a clause that says what was expected. */
export function parseCondition(text: string): Result<Condition, string> {
  if (text === '') return err(`expected a comparison, as in ${example}`);
  const ands = split(text, ' and ');
  const ors = split(text, ' or ');
  if (ands.length > 1 && ors.length > 1)
    return err(
      'expected "and" or "or" in one condition, got both: write one {{ if … }} in another',
    );
  const parts = ands.length > 1 ? ands : ors;
  const joined = ors.length > 1 ? 'or' : 'and';
  if (parts.some((part) => part.startsWith('given '))) return parsePresences(parts, joined);
  const comparisons: Comparison[] = [];
  for (const part of parts) {
    const comparison = parseComparison(part);
    if (!comparison.ok) return comparison;
    comparisons.push(comparison.value);
  }
  return ok({ is: 'comparisons', joined, comparisons });
}

function parsePresences(parts: readonly string[], joined: Joined): Result<Presences, string> {
  const presences: Presence[] = [];
  for (const part of parts) {
    const [, text] = /^given (.*)$/.exec(part) ?? [];
    if (text === undefined)
      return err(
        `expected only "given" in this condition, got "${part}": write it as one {{ if … }} in another`,
      );
    const reads = parseReads(text);
    if (reads === undefined || reads.reads.length > 1)
      return err(`expected an input after "given", as in given scores, got "${text}"`);
    presences.push({ text, reads });
  }
  return ok({ is: 'presences', joined, presences });
}

/** Splits a text at a word that stands outside of brackets and quotes. */
function split(text: string, word: string): readonly string[] {
  const outside = text.replaceAll(/\[[^\]]*\]|"[^"]*"/g, (part) => '·'.repeat(part.length));
  const parts: string[] = [];
  let begin = 0;
  for (let at = outside.indexOf(word); at >= 0; at = outside.indexOf(word, begin)) {
    parts.push(text.slice(begin, at));
    begin = at + word.length;
  }
  return [...parts, text.slice(begin)];
}

function parseComparison(text: string): Result<Comparison, string> {
  const [, not, positive = ''] = /^(not )?(.*)$/.exec(text)!;
  const [, every, bare = ''] = /^(every )?(.*)$/.exec(positive)!;
  const [statement = '', criterion, ...further] = split(bare, ' by ');
  if (criterion === undefined || further.length > 0)
    return err(
      `expected what decides after "${bare}": by interval, by test, or by value for the numbers alone`,
    );
  const by = criteria.find((name) => name === criterion);
  if (by === undefined) return err(`expected by ${criteria.join(', by ')}, got "by ${criterion}"`);
  const operator = operators.find((sign) => split(statement, ` ${sign} `).length === 2);
  if (operator === undefined)
    return err(
      `expected two sides and one of ${operators.join(' ')} between blanks, as in ${example}, got "${statement}"`,
    );
  const sides = split(statement, ` ${operator} `);
  const left = parseTerm(sides[0]!);
  if (!left.ok) return left;
  const right = parseTerm(sides[1]!);
  if (!right.ok) return right;
  const comparison = {
    text: positive,
    negated: not !== undefined,
    every: every !== undefined,
    left: left.value,
    operator,
    right: right.value,
    by,
  };
  const mistake = mistakeIn(comparison);
  return mistake === undefined ? ok(comparison) : err(mistake);
}

function mistakeIn({ left, operator, right, by }: Comparison): string | undefined {
  if (left.is === 'constant')
    return `expected a reading on the left, as in ${example}, got ${JSON.stringify(left.value)}`;
  if (by !== 'value' && operator !== '>' && operator !== '<')
    return `expected > or < with "by ${by}", got ${operator}: no ${by} shows that two numbers are equal`;
  if (by === 'test' && !(right.is === 'constant' && right.value === 0))
    return 'expected a difference above or below 0 with "by test", as in tests[one=a,other=b] aucDifference > 0 by test';
  const isText = right.is === 'constant' && typeof right.value === 'string';
  if (isText && operator !== '=' && operator !== '!=')
    return `expected = or != with a text, got ${operator}`;
  return undefined;
}

function parseTerm(text: string): Result<Term, string> {
  const [, quoted] = /^"([^"]*)"$/.exec(text) ?? [];
  if (quoted !== undefined) return ok({ is: 'constant', value: quoted });
  if (/^-?\d+(\.\d+)?$/.test(text)) return ok({ is: 'constant', value: Number(text) });
  const [, mean, what = ''] = /^(mean )?(.*)$/.exec(text)!;
  const reads = parseReads(what);
  if (reads === undefined || reads.reads.some(({ path }) => path === undefined))
    return err(
      `expected a number, a "text", or an input and the name of a value in it, got "${text}"`,
    );
  return ok({ is: 'reads', text, mean: mean !== undefined, ...reads });
}
