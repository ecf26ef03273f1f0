import { formatCount } from '../../../format-numbers.ts';
import { fillShell } from '../../../shell/fill-shell.ts';
import type { Placeholder } from '../../../shell/placeholders.ts';
import { didYouMean, suggest } from '../../../suggest.ts';
import type { Report, Reporting, Span } from '../../diagnostics/diagnostic.ts';
import {
  child,
  describeNode,
  entriesOf,
  isText,
  itemsOf,
  mapScalars,
  type Node,
  spanInside,
  type TextNode,
  textOf,
} from '../yaml/node.ts';
import { evaluate } from './evaluate-expression.ts';
import { parseExpression, type Stretch } from './parse-expression.ts';
import type { Scope } from './scope.ts';

/** Characters, far more than any real text has: stops texts that double at every step. */
const maximumText = 1 << 16;

const variable = /\$\$\{|\$\{([^{}]*)\}?/g;

/**
 * Replaces every `${name}` in a tree, typed where it is the whole text. `$${` is a literal `${`.
 */
export function substitute(node: Node, scope: Scope): Node {
  return mapScalars(node, (scalar) => (isText(scalar) ? substituteText(scalar, scope) : scalar));
}

function substituteText(node: TextNode, scope: Scope): Node {
  const text = node.value;
  if (node.unresolved || !text.includes('${')) return node;
  const whole = /^\$\{([^{}]*)\}$/.exec(text);
  if (whole) {
    const value = resolveVariable(whole[1]!.trim(), node.at, scope);
    if (value === undefined) return { ...node, unresolved: true };
    const { length } = textOf(value) ?? '';
    return length > maximumText
      ? tooLong(node, scope)
      : { ...value, at: usedAt(node.at, value.at) };
  }
  let length = text.length;
  let unknownParts = 0;
  let otherParts = 0;
  const value = text.replace(variable, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    if (length > maximumText) return '';
    const at = spanInside(node, match);
    const name = inner!.trim();
    const value = resolveVariable(match.endsWith('}') ? name : '', at, scope);
    const isKnown = value !== undefined && !(value.type === 'scalar' && value.unresolved);
    const part = isKnown ? textInside(value, name, at, scope.report) : undefined;
    if (part === undefined) unknownParts++;
    else if (value?.type !== 'scalar' || typeof value.value !== 'number') otherParts++;
    length += part?.length ?? 0;
    return part ?? match;
  });
  if (length > maximumText) return tooLong(node, scope);
  if (unknownParts > 0) return { type: 'scalar', value, at: node.at, unresolved: true };
  if (otherParts === 0) warnUncomputed(node, value, scope.report);
  return { type: 'scalar', value, at: node.at };
}

function tooLong(node: TextNode, { report }: Reporting): Node {
  const message = `Parameters make this a text of more than ${formatCount(maximumText)} characters`;
  report({ code: 'too-large', message, at: node.at });
  return { ...node, unresolved: true };
}

/** A mistake is shown where the value is used and, if that is elsewhere, where it was written. */
function usedAt(use: Span, { from, ...written }: Span): Span {
  const isHere = written.file === use.file && written.start >= use.start && written.end <= use.end;
  return from === undefined && isHere ? use : { ...use, from: from ?? written };
}

/** A text without a character that only an expression has. */
const plainName = /^[^\s"'()[\],+*/%<>=!&|?]*$/;

/** The value of what stands in `${ }`; undefined where it has none, which is reported. */
function resolveVariable(text: string, at: Span, scope: Scope): Node | undefined {
  if (plainName.test(text)) return scope.lookup(text, at, hintingMinus(text, scope.report));
  const isNamed = /^(params|matrix)\./.test(text);
  // The key of a parameter may hold any characters.
  const named = isNamed ? scope.lookup(text, at, () => undefined) : undefined;
  if (named !== undefined) return named;
  const parsed = parseExpression(text);
  if (!parsed.ok && !/\b(params|matrix)\./.test(text)) return scope.lookup(text, at);
  const source = at.file.text.slice(at.start, at.end);
  const offset = source.indexOf(text);
  const spanOf = ({ start, end }: Stretch): Span => {
    // An escape or a line break in the YAML text: the whole is near enough.
    if (offset < 0) return at;
    const from = at.start + offset;
    return { file: at.file, start: from + start, end: from + Math.max(end, start + 1) };
  };
  if (parsed.ok) return evaluate(parsed.value, { scope, spanOf });
  const { message, hint } = parsed.error;
  return scope.report({ code: 'wrong-expression', message, at: spanOf(parsed.error), hint });
}

/** Adds to an unknown name such as `params.n-1` that a minus needs spaces. */
function hintingMinus(name: string, report: Report): Report {
  if (!name.includes('-') || !/-(\d|params\.|matrix\.)/.test(name)) return report;
  const minus = `To subtract, write spaces around "-": \${${name.replaceAll('-', ' - ')}}`;
  return (mistake) => {
    const hint = mistake.hint === undefined ? minus : `${mistake.hint} ${minus}`;
    return report({ ...mistake, hint });
  };
}

/** What is left of a calculation when each `${ }` is a 1 and brackets are gone. */
const calculation = /^[\d.]+(?:(?:\s+[-/%]\s+|\s*[+*]\s*)[\d.]+)+$/;

/** Warns of a text that reads as a calculation of numbers, but stays a text: `${params.e} * 2`. */
function warnUncomputed(node: TextNode, value: string, report: Report): void {
  const skeleton = node.value.replace(variable, '1').replace(/[()]/g, '').trim();
  if (!calculation.test(skeleton)) return;
  const expression = node.value.trim().replace(variable, (_, inner: string) => inner.trim());
  report({
    code: 'uncomputed-text',
    message: `${JSON.stringify(value)} is a text: only what is inside "\${ }" is computed`,
    at: node.at,
    hint: `To compute it, write "\${${expression}}".`,
  });
}

/**
 * A value as part of a longer text: a scalar, or the `id` of a map of a matrix; undefined for
 * another, which is reported.
 */
function textInside(value: Node, name: string, at: Span, report: Report): string | undefined {
  const scalar = child(value, 'id') ?? value;
  if (scalar.type === 'scalar' && scalar.value !== null) return String(scalar.value);
  const message = `"\${${name}}" is ${describeNode(value)}, which cannot be part of a text`;
  return report({ code: 'wrong-type', message, at });
}

/** Reports a variable that begins with none of the `words`, such as `params`. */
export function reportUnknownVariable(
  { report }: Reporting,
  name: string,
  at: Span,
  words: readonly string[],
) {
  const [word = ''] = name.split('.');
  const expected = words.map((known) => `\${${known}.…}`).join(' or ');
  const near = words.includes(word) ? undefined : didYouMean(word, words);
  const message =
    name === '' ? `Expected ${expected}` : `Unknown "\${${name}}", expected ${expected}`;
  return report({
    code: 'unknown-variable',
    message,
    at,
    hint: near ?? 'Write "$${" for a literal "${".',
  });
}

/**
 * The value at a path inside `value`; undefined where the path leads nowhere, which is reported.
 */
export function descend(
  value: Node,
  {
    name,
    rest,
    at,
  }: { readonly name: string; readonly rest: readonly string[]; readonly at: Span },
  report: Report,
): Node | undefined {
  let node = value;
  let walked = name;
  for (const step of rest) {
    // What it would be is not known, which is reported.
    if (node.type === 'scalar' && node.unresolved) return node;
    const next = child(node, step);
    if (!next) {
      const from = node.at.from ?? node.at;
      const message = `"${walked}" is ${describeNode(node)} without "${step}"`;
      return report({
        code: 'unknown-param',
        message,
        at: { ...at, from },
        hint: missingKey(node, walked, step),
      });
    }
    node = next;
    walked = `${walked}.${step}`;
  }
  return node;
}

/**
 * A hint for a missing key. A map given by `--set` replaces the whole map of the file, so it may
 * lack some.
 */
function missingKey(node: Node, walked: string, step: string): string | undefined {
  const known = [...entriesOf(node).keys()];
  if ((node.at.from ?? node.at).file.path !== '--set') return suggest(step, known);
  return didYouMean(step, known) ?? `To set some of its keys alone: --set ${walked}.<key>=<value>`;
}

/**
 * Replaces `${params.z}` and `${matrix.z}` in a shell text. `${inputs.x}` stays until the stage
 * runs, but must be a port.
 */
export function substituteShell(
  node: TextNode,
  ports: Readonly<Record<'inputs' | 'outputs', ReadonlySet<string>>>,
  scope: Scope,
): TextNode {
  const written = node.value;
  const spanOf = ({ start, end }: Placeholder) => {
    const piece = written.slice(start, end);
    return spanInside(node, piece, written.slice(0, start).split(piece).length - 1);
  };
  const { text, unfit } = fillShell(written, (placeholder) => {
    const { side, name, quoting } = placeholder;
    const at = spanOf(placeholder);
    if (side === 'param' || side === 'input' || side === 'output') {
      // A text of another language may mean it.
      if (quoting === 'single' || quoting === 'literal') return undefined;
      const message = `Unknown "\${${side}.${name}}", which is no variable of the shell either`;
      const hint = `Did you mean "\${${side}s.${name}}"?`;
      return scope.report({ code: 'unknown-variable', message, at, hint });
    }
    if (side === 'inputs' || side === 'outputs') {
      const isPort =
        ports[side].has(name) ||
        (side === 'inputs' && ports[side].has(name.replace(/\.list$/, '')));
      const message = `The stage declares no ${side.slice(0, -1)} "${name}"`;
      return isPort
        ? undefined
        : scope.report({ code: 'unknown-port', message, at, hint: suggest(name, ports[side]) });
    }
    const value = resolveVariable(`${side}.${name}`.trim(), at, scope);
    const texts = itemsOf(value).map((item) =>
      textInside(item, `${side}.${name}`, at, scope.report),
    );
    if (value === undefined || !texts.every((text) => text !== undefined)) return undefined;
    if (quoting === 'literal' && texts.some((text) => /\$\{(inputs|outputs)\./.test(text))) {
      const message = `The value of "\${${side}.${name}}" would be read for placeholders again`;
      scope.report({
        code: 'unfit-value',
        message,
        at,
        hint: 'Write the word of the here-document without quotes.',
      });
    }
    return texts;
  });
  for (const { placeholder, message, hint } of unfit) {
    scope.report({ code: 'unfit-value', message, at: spanOf(placeholder), hint });
  }
  return text === written ? node : { ...node, value: text };
}
