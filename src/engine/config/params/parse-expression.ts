import { err, ok, type Result } from '../../../result.ts';
import { suggest } from '../../../suggest.ts';
import type { Explanation } from '../../diagnostics/diagnostic.ts';

// What `${ }` may hold beside a name. Every expression has a value or a mistake with its place:
// nothing repeats, calls itself, or reads anything but `params` and `matrix`.
//
//     choice     = or [ "if" or "else" choice ]
//     or         = and { "or" and }
//     and        = not { "and" not }
//     not        = "not" not | comparison
//     comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) sum ]
//     sum        = product { ( "+" | "-" ) product }
//     product    = sign { ( "*" | "/" | "%" ) sign }
//     sign       = "-" sign | item
//     item       = simple { "[" choice "]" | ".key" }
//     simple     = number | text | "true" | "false" | "null" | name
//                | function "(" choice { "," choice } ")"
//                | "(" choice ")" | "[" [ choice { "," choice } ] "]"

/** A stretch of an expression's text, in UTF-16 offsets: `start` inclusive, `end` exclusive. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A mistake in an expression, and where in its text. */
export interface ExpressionMistake extends Explanation, Stretch {}

/** The tree of an expression. Each of its nodes knows the stretch of text that it is written as. */
export type Expression = Stretch &
  (
    | { readonly form: 'constant'; readonly value: string | number | boolean | null }
    | { readonly form: 'name'; readonly name: string }
    | { readonly form: 'list'; readonly items: readonly Expression[] }
    | { readonly form: 'item'; readonly of: Expression; readonly key: Expression }
    | {
        readonly form: 'call';
        readonly name: FunctionName;
        readonly values: readonly Expression[];
      }
    | { readonly form: 'not' | 'minus'; readonly of: Expression }
    | {
        readonly form: 'pair';
        readonly operator: Operator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly form: 'choice';
        readonly condition: Expression;
        readonly yes: Expression;
        readonly no: Expression;
      }
  );

const functionNames = ['min', 'max', 'round', 'len'] as const;
export type FunctionName = (typeof functionNames)[number];

/** Operators between two values; those of a later level bind tighter. */
const levels = [
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
] as const;
export type Operator = (typeof levels)[number][number];
const notLevel = 2;
const comparisonLevel = 2;

const words: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'if', 'else']);
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** What people of other languages write. */
const meantSigns: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
  ['=', '=='],
  ['===', '=='],
  ['!==', '!='],
  ['**', 'a product'],
  ['//', '/'],
  ['?', 'a if … else b'],
]);

/** Brackets within brackets, far more than any real expression has: parsing is recursive. */
const maximumDepth = 32;

interface Token extends Stretch {
  readonly type: 'number' | 'quoted' | 'word' | 'key' | 'sign' | 'stray' | 'end';
  readonly text: string;
}

/** A name may hold hyphens, so a minus right between two letters or digits belongs to the name. */
const tokenPattern =
  /(?<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\p{L}\p{N}_.]))|(?<quoted>"[^"]*"|'[^']*')|(?<word>[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+(?:-+[\p{L}\p{N}_]+)*)*)|(?<key>\.[\p{L}\p{N}_]+(?:-+[\p{L}\p{N}_]+)*)|(?<sign>[!=]==?|&&|\|\||\*\*|\/\/|[<>]=|[-+*/%<>()[\],!=?])|(?<stray>\S)/giuy;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) break;
    const [type] = Object.entries(match.groups!).find(([, group]) => group !== undefined)!;
    const end = at + match[0].length;
    tokens.push({ type: type as Token['type'], text: match[0], start: at, end });
    at = end;
  }
  tokens.push({ type: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

/** The tree of an expression, or its first mistake. */
export function parseExpression(text: string): Result<Expression, ExpressionMistake> {
  try {
    return ok(new Parser(tokensOf(text)).whole());
  } catch (error) {
    if (error instanceof Refusal) return err(error.mistake);
    throw error;
  }
}

/** Leaves the parser at the first mistake. */
class Refusal extends Error {
  readonly mistake: ExpressionMistake;

  constructor(mistake: ExpressionMistake) {
    super(mistake.message);
    this.mistake = mistake;
  }
}

function refuse({ start, end }: Stretch, message: string, hint?: string): never {
  throw new Refusal({ message, hint, start, end });
}

class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#choice();
    if (this.#next.type !== 'end') this.#unexpected('an operator');
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#index]!;
  }

  /** Takes the next token if it is this sign or word. */
  #take(text: string): Token | undefined {
    const token = this.#next;
    const isThis = (token.type === 'sign' || token.type === 'word') && token.text === text;
    if (isThis) this.#index++;
    return isThis ? token : undefined;
  }

  #expect(text: string): Token {
    return this.#take(text) ?? this.#unexpected(`"${text}"`);
  }

  #unexpected(expected: string): never {
    const token = this.#next;
    if (token.type === 'end') refuse(token, `Expected ${expected} at the end`);
    if (/^["']$/.test(token.text)) refuse(token, 'A text here has no closing quote');
    const meant = meantSigns.get(token.text);
    const hint =
      meant === undefined ? undefined : `Write ${meant.includes(' ') ? meant : `"${meant}"`}.`;
    refuse(token, `Expected ${expected}, got "${token.text}"`, hint);
  }

  #choice(): Expression {
    if (++this.#depth > maximumDepth) {
      refuse(this.#next, `More than ${maximumDepth} brackets within each other`);
    }
    const yes = this.#operators(0);
    let expression = yes;
    if (this.#take('if')) {
      const condition = this.#operators(0);
      this.#expect('else');
      const no = this.#choice();
      expression = { form: 'choice', condition, yes, no, start: yes.start, end: no.end };
    }
    this.#depth--;
    return expression;
  }

  /** Operators of a level and of those that bind tighter. */
  #operators(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#sign();
    if (level === notLevel) {
      const not = this.#take('not');
      if (not) return this.#prefixed('not', not, () => this.#operators(level));
    }
    let left = this.#operators(level + 1);
    for (;;) {
      const operator = operators.find((candidate) => this.#take(candidate));
      if (operator === undefined) return left;
      const right = this.#operators(level + 1);
      left = { form: 'pair', operator, left, right, start: left.start, end: right.end };
      const second =
        level === comparisonLevel && operators.find((sign) => sign === this.#next.text);
      if (second) {
        const hint = 'Write "a < b and b < c".';
        refuse(this.#next, `A comparison takes two values, got a second "${second}"`, hint);
      }
    }
  }

  #sign(): Expression {
    const minus = this.#take('-');
    return minus ? this.#prefixed('minus', minus, () => this.#sign()) : this.#item();
  }

  #prefixed(form: 'not' | 'minus', { start }: Token, read: () => Expression): Expression {
    if (++this.#depth > maximumDepth) {
      refuse(this.#next, `More than ${maximumDepth} signs after each other`);
    }
    const of = read();
    this.#depth--;
    return { form, of, start, end: of.end };
  }

  #item(): Expression {
    let of = this.#simple();
    for (;;) {
      const { start } = of;
      const { type, text, ...place } = this.#next;
      if (type === 'key') {
        this.#index++;
        const key: Expression = { form: 'constant', value: text.slice(1), ...place };
        of = { form: 'item', of, key, start, end: place.end };
      } else if (this.#take('[')) {
        const key = this.#choice();
        of = { form: 'item', of, key, start, end: this.#expect(']').end };
      } else return of;
    }
  }

  #simple(): Expression {
    const token = this.#next;
    const { type, text, start, end } = token;
    if (this.#take('(')) {
      const inner = this.#choice();
      return { ...inner, start, end: this.#expect(')').end };
    }
    if (this.#take('[')) {
      const items = this.#next.text === ']' ? [] : this.#list();
      return { form: 'list', items, start, end: this.#expect(']').end };
    }
    const isWord = type === 'word' && !words.has(text);
    if (type !== 'number' && type !== 'quoted' && !isWord) this.#unexpected('a value');
    this.#index++;
    if (type === 'number') return { form: 'constant', value: Number(text), start, end };
    if (type === 'quoted') return { form: 'constant', value: text.slice(1, -1), start, end };
    if (this.#next.text === '(') return this.#call(token);
    const constant = constants.get(text);
    return constant === undefined
      ? { form: 'name', name: text, start, end }
      : { form: 'constant', value: constant, start, end };
  }

  #call(token: Token): Expression {
    const name = functionNames.find((known) => known === token.text);
    if (name === undefined) {
      refuse(token, `Unknown function "${token.text}"`, suggest(token.text, functionNames));
    }
    this.#expect('(');
    const values = this.#list();
    return { form: 'call', name, values, start: token.start, end: this.#expect(')').end };
  }

  #list(): readonly Expression[] {
    const items = [this.#choice()];
    while (this.#take(',')) items.push(this.#choice());
    return items;
  }
}
