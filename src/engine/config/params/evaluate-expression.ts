import { suggest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import { child, entriesOf, type ListNode, type Node, type ScalarNode } from '../yaml/node.ts';
import type { Expression, FunctionName, Operator, Stretch } from './parse-expression.ts';
import type { Scope } from './scope.ts';

/** Significant digits of a computed number, so that 0.1 * 3 is 0.3, as a person would write it. */
const digits = 15;

/** An expression in its file: what its names mean, and where its stretches are. */
interface Setting {
  readonly scope: Scope;
  readonly spanOf: (stretch: Stretch) => Span;
}

/** The value of an expression; undefined where it has none, which is reported. */
export function evaluate(expression: Expression, setting: Setting): Node | undefined {
  return new Evaluation(setting).valueOf(expression);
}

class Evaluation {
  readonly #scope: Scope;
  readonly #spanOf: Setting['spanOf'];

  constructor({ scope, spanOf }: Setting) {
    this.#scope = scope;
    this.#spanOf = spanOf;
  }

  valueOf(expression: Expression): Node | undefined {
    switch (expression.form) {
      case 'constant':
        return this.#scalar(expression, expression.value);
      case 'name':
        return this.#named(expression, expression.name);
      case 'list': {
        const items = this.#all(expression.items);
        return items && { type: 'list', items, at: this.#spanOf(expression) };
      }
      case 'item':
        return this.#item(expression, expression.of, expression.key);
      case 'call':
        return this.#call(expression, expression.name, expression.values);
      case 'not': {
        const condition = this.#condition(expression.of, '"not" takes');
        return condition === undefined ? undefined : this.#scalar(expression, !condition);
      }
      case 'minus': {
        const value = this.valueOf(expression.of);
        const number = value && this.#number(value, expression.of, '"-" takes');
        return number === undefined ? undefined : this.#scalar(expression, -number);
      }
      case 'choice': {
        const condition = this.#condition(expression.condition, '"if" takes');
        if (condition === undefined) return undefined;
        return this.valueOf(condition ? expression.yes : expression.no);
      }
      case 'pair':
        return this.#pair(expression, expression.operator, [expression.left, expression.right]);
    }
  }

  #scalar(stretch: Stretch, value: ScalarNode['value']): ScalarNode {
    return { type: 'scalar', value, at: this.#spanOf(stretch) };
  }

  #fail(stretch: Stretch, message: string, hint?: string): undefined {
    const at = this.#spanOf(stretch);
    return this.#scope.report({ code: 'wrong-expression', message, at, hint });
  }

  #named(stretch: Stretch, name: string): Node | undefined {
    const value = this.#scope.lookup(name, this.#spanOf(stretch));
    // A text with an unknown variable in it is reported where it is written.
    return value?.type === 'scalar' && value.unresolved ? undefined : value;
  }

  /** The values of all expressions; undefined where one has none. */
  #all(expressions: readonly Expression[]): readonly Node[] | undefined {
    const values = expressions.map((expression) => this.valueOf(expression));
    return values.every((value) => value !== undefined) ? values : undefined;
  }

  #condition(expression: Expression, takes: string): boolean | undefined {
    const value = this.valueOf(expression);
    if (value === undefined) return undefined;
    const meant = meantBy(value);
    if (meant.type === 'scalar' && typeof meant.value === 'boolean') return meant.value;
    return this.#fail(expression, `${takes} true or false, got ${typeOf(meant)}`);
  }

  #number(value: Node, stretch: Stretch, takes: string): number | undefined {
    const meant = meantBy(value);
    if (meant.type === 'scalar' && typeof meant.value === 'number') return meant.value;
    return this.#fail(stretch, `${takes} a number, got ${typeOf(meant)}`);
  }

  #item(stretch: Stretch, of: Expression, key: Expression): Node | undefined {
    const values = this.#all([of, key]);
    if (values === undefined) return undefined;
    const whole = values[0]!;
    const wanted = meantBy(values[1]!);
    if (wanted.type !== 'scalar' || wanted.value === null || typeof wanted.value === 'boolean') {
      return this.#fail(key, `Expected a number or a text in "[ ]", got ${typeOf(wanted)}`);
    }
    if (whole.type === 'map') {
      const known = [...whole.entries.keys()];
      const name = String(wanted.value);
      return (
        child(whole, name) ?? this.#fail(key, `The map has no "${name}"`, suggest(name, known))
      );
    }
    if (whole.type !== 'list') {
      return this.#fail(of, `"[ ]" takes an item of a list or a map, got ${typeOf(whole)}`);
    }
    const index = Number(wanted.value);
    const item = typeof wanted.value === 'number' ? whole.items[index] : undefined;
    const last = whole.items.length - 1;
    const hint = last < 0 ? 'It is empty.' : `Its items have the numbers 0 to ${last}.`;
    return item ?? this.#fail(stretch, `The list has no item ${String(wanted.value)}`, hint);
  }

  #call(stretch: Stretch, name: FunctionName, inputs: readonly Expression[]): Node | undefined {
    const values = this.#all(inputs);
    if (values === undefined) return undefined;
    const [first, second, third] = values;
    if (name === 'len') {
      if (second !== undefined) return this.#fail(stretch, '"len" takes one value');
      const length = lengthOf(first!);
      if (length !== undefined) return this.#scalar(stretch, length);
      return this.#fail(inputs[0]!, `"len" takes a text, a list or a map, got ${typeOf(first!)}`);
    }
    if (name === 'round') {
      if (third !== undefined) return this.#fail(stretch, '"round" takes a number and its digits');
      const number = this.#number(first!, inputs[0]!, '"round" takes');
      const decimals = second && this.#number(second, inputs[1]!, '"round" takes');
      if (number === undefined || (second !== undefined && decimals === undefined))
        return undefined;
      return this.#rounded(stretch, number, decimals ?? 0);
    }
    const items = second === undefined && first!.type === 'list' ? first!.items : values;
    const numbers = items.map((item, index) =>
      this.#number(item, items === values ? inputs[index]! : inputs[0]!, `"${name}" takes`),
    );
    if (!numbers.every((number) => number !== undefined)) return undefined;
    if (numbers.length === 0) return this.#fail(stretch, `"${name}" of an empty list has no value`);
    return this.#scalar(stretch, Math[name](...numbers));
  }

  /** Rounds to a number of decimals; halves go away from zero. */
  #rounded(stretch: Stretch, number: number, decimals: number): Node | undefined {
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > digits) {
      return this.#fail(stretch, `Expected 0 to ${digits} digits for "round", got ${decimals}`);
    }
    // By the decimal digits: 1.005 * 100 is 100.49999999999999.
    const [mantissa, exponent = '0'] = String(Math.abs(number)).split('e');
    const whole = Math.round(Number(`${mantissa}e${Number(exponent) + decimals}`));
    const [roundedMantissa, roundedExponent = '0'] = String(whole).split('e');
    const rounded = Number(`${roundedMantissa}e${Number(roundedExponent) - decimals}`);
    return this.#scalar(stretch, number < 0 ? 0 - rounded : rounded);
  }

  #pair(
    stretch: Stretch,
    operator: Operator,
    sides: readonly [Expression, Expression],
  ): Node | undefined {
    if (operator === 'and' || operator === 'or') return this.#logical(stretch, operator, sides);
    const values = this.#all(sides);
    if (values === undefined) return undefined;
    const left = meantBy(values[0]!);
    const right = operator === 'in' ? values[1]! : meantBy(values[1]!);
    const types = `${typeOf(left)} and ${typeOf(right)}`;
    switch (operator) {
      case '==':
      case '!=': {
        if (!areComparable(left, right)) {
          return this.#fail(stretch, `"${operator}" takes two values of one type, got ${types}`);
        }
        return this.#scalar(stretch, areEqual(left, right) === (operator === '=='));
      }
      case 'in': {
        const isIn = contains(right, left);
        if (isIn !== undefined) return this.#scalar(stretch, isIn);
        const hint = 'Write [a, b] for a list.';
        return this.#fail(stretch, `"in" takes a value and a list, got ${types}`, hint);
      }
      case '<':
      case '<=':
      case '>':
      case '>=': {
        const order = orderOf(left, right);
        if (order !== undefined) return this.#scalar(stretch, isInOrder(operator, order));
        return this.#fail(stretch, `"${operator}" takes two numbers or two texts, got ${types}`);
      }
      case '+':
        return this.#joined(stretch, left, right) ?? this.#computed(stretch, operator, left, right);
      default:
        return this.#computed(stretch, operator, left, right);
    }
  }

  /** The second side is evaluated only where it decides. */
  #logical(
    stretch: Stretch,
    operator: 'and' | 'or',
    [left, right]: readonly [Expression, Expression],
  ): Node | undefined {
    const first = this.#condition(left, `"${operator}" takes`);
    if (first === undefined) return undefined;
    const isDecided = first === (operator === 'or');
    const value = isDecided ? first : this.#condition(right, `"${operator}" takes`);
    return value === undefined ? undefined : this.#scalar(stretch, value);
  }

  /** Two texts or two lists as one; undefined for anything else, or where it is too long. */
  #joined(stretch: Stretch, left: Node, right: Node): Node | undefined {
    if (left.type === 'list' && right.type === 'list') {
      const items = [...left.items, ...right.items];
      return { type: 'list', items, at: this.#spanOf(stretch) } satisfies ListNode;
    }
    if (left.type !== 'scalar' || right.type !== 'scalar') return undefined;
    if (typeof left.value !== 'string' || typeof right.value !== 'string') return undefined;
    return this.#scalar(stretch, left.value + right.value);
  }

  #computed(
    stretch: Stretch,
    operator: '+' | '-' | '*' | '/' | '%',
    left: Node,
    right: Node,
  ): Node | undefined {
    const first = numberIn(left);
    const second = numberIn(right);
    if (first === undefined || second === undefined) {
      const takes = operator === '+' ? 'two numbers, two texts or two lists' : 'two numbers';
      const got = `${typeOf(left)} and ${typeOf(right)}`;
      return this.#fail(stretch, `"${operator}" takes ${takes}, got ${got}`);
    }
    if (second === 0 && (operator === '/' || operator === '%')) {
      return this.#fail(stretch, `${first} ${operator} 0 has no value`);
    }
    const result = compute(operator, first, second);
    if (!Number.isFinite(result)) return this.#fail(stretch, 'The result is too large a number');
    const isWhole = Number.isSafeInteger(first) && Number.isSafeInteger(second);
    if (isWhole && operator !== '/' && !Number.isSafeInteger(result)) {
      const message = `Whole numbers beyond ${Number.MAX_SAFE_INTEGER} would be rounded`;
      return this.#fail(stretch, message);
    }
    return this.#scalar(stretch, tidy(result));
  }
}

function compute(operator: '+' | '-' | '*' | '/' | '%', first: number, second: number): number {
  switch (operator) {
    case '+':
      return first + second;
    case '-':
      return first - second;
    case '*':
      return first * second;
    case '/':
      return first / second;
    case '%':
      return first - second * Math.floor(first / second);
  }
}

const tidy = (number: number): number =>
  Number.isSafeInteger(number) ? number : Number(number.toPrecision(digits));

/** A map of a matrix stands for its `id`, as it does in a text. */
const meantBy = (node: Node): Node => child(node, 'id') ?? node;

const numberIn = (node: Node): number | undefined =>
  node.type === 'scalar' && typeof node.value === 'number' ? node.value : undefined;

function typeOf(node: Node): string {
  if (node.type !== 'scalar') return node.type === 'list' ? 'a list' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'boolean') return String(node.value);
  return typeof node.value === 'number' ? 'a number' : 'a text';
}

function lengthOf(node: Node): number | undefined {
  if (node.type === 'list') return node.items.length;
  if (node.type === 'map') return entriesOf(node).size;
  return typeof node.value === 'string' ? [...node.value].length : undefined;
}

/** Nothing can be compared with anything; other values only with those of their type. */
function areComparable(left: Node, right: Node): boolean {
  if (left.type !== 'scalar' || right.type !== 'scalar') {
    const isNothing = (node: Node) => node.type === 'scalar' && node.value === null;
    return (left.type === 'list' && right.type === 'list') || isNothing(left) || isNothing(right);
  }
  const isSame = typeof left.value === typeof right.value;
  return isSame || left.value === null || right.value === null;
}

function areEqual(left: Node, right: Node): boolean {
  if (left.type === 'scalar') return right.type === 'scalar' && left.value === right.value;
  if (left.type !== 'list' || right.type !== 'list') return false;
  const isSame = (item: Node, index: number) =>
    areEqual(meantBy(item), meantBy(right.items[index]!));
  return left.items.length === right.items.length && left.items.every(isSame);
}

/** Whether a list, a text or the keys of a map contain a value; undefined for other types. */
function contains(whole: Node, part: Node): boolean | undefined {
  if (whole.type === 'list') return whole.items.some((item) => areEqual(meantBy(item), part));
  if (part.type !== 'scalar' || typeof part.value !== 'string') return undefined;
  if (whole.type === 'map') return whole.entries.has(part.value);
  return typeof whole.value === 'string' ? whole.value.includes(part.value) : undefined;
}

/** Below zero if the left one comes first; undefined for values without an order. */
function orderOf(left: Node, right: Node): number | undefined {
  const first = numberIn(left);
  const second = numberIn(right);
  if (first !== undefined && second !== undefined) return first - second;
  if (left.type !== 'scalar' || right.type !== 'scalar') return undefined;
  if (typeof left.value !== 'string' || typeof right.value !== 'string') return undefined;
  if (left.value === right.value) return 0;
  return left.value < right.value ? -1 : 1;
}

function isInOrder(operator: '<' | '<=' | '>' | '>=', order: number): boolean {
  if (order === 0) return operator === '<=' || operator === '>=';
  return order < 0 ? operator.startsWith('<') : operator.startsWith('>');
}
