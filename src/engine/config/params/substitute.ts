import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import { type Entry, type Node, type ScalarNode, spanInside } from '../yaml/located.ts';
import { plainText } from './variables.ts';

/** What `${…}` may name where it stands. */
export interface Scope {
  /** The value of a dotted name such as `params.epochs`; undefined where there is none, which the scope has reported. */
  lookup(name: string, at: Span): Node | undefined;
  readonly report: (diagnostic: Diagnostic) => void;
}

/** Far above any real text; it stops texts that double at every step. */
const maximumText = 1 << 16;

const variable = /\$\$\{|\$\{([^{}]*)\}?/g;

/**
 * A tree with every `${name}` replaced: by the value itself, typed, where it is the whole text; by its text otherwise.
 * `$${` is a literal `${`. Untouched nodes are the same objects. What cannot be replaced stays as it is written.
 */
export function substitute(node: Node, scope: Scope): Node {
  if (node.type === 'scalar') return typeof node.value === 'string' ? substituteText(node, node.value, scope) : node;
  let changed = false;
  if (node.type === 'list') {
    const items = node.items.map((item) => {
      const next = substitute(item, scope);
      changed ||= next !== item;
      return next;
    });
    return changed ? { ...node, items } : node;
  }
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = substitute(entry.value, scope);
    changed ||= value !== entry.value;
    entries.set(key, value === entry.value ? entry : { keyAt: entry.keyAt, value });
  }
  return changed ? { ...node, entries } : node;
}

function substituteText(node: ScalarNode, text: string, scope: Scope): Node {
  if (node.unresolved || !text.includes('${')) return node;
  const whole = /^\$\{([^{}]*)\}$/.exec(text);
  if (whole) {
    const name = whole[1]!.trim();
    const value = scope.lookup(name, node.at);
    return value ? placedAt(value, node.at) : { ...node, unresolved: true };
  }
  let length = text.length;
  let resolved = true;
  const value = text.replace(variable, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    if (length > maximumText) return '';
    const at = spanInside(node, match);
    const name = inner!.trim();
    const found = scope.lookup(match.endsWith('}') ? name : '', at);
    const part = found && plainText(found, name, at, scope.report);
    resolved &&= part !== undefined;
    length += part?.length ?? 0;
    return part ?? match;
  });
  if (length > maximumText) {
    const message = `Parameters make this a text of more than ${maximumText.toLocaleString('en')} characters`;
    scope.report({ code: 'too-large', message, at: node.at });
    resolved = false;
  }
  return { type: 'scalar', value, at: node.at, ...(resolved ? {} : { unresolved: true }) };
}

/** A scalar is shown where it is used, and from where it is; a list or map keeps its inner places, and only itself moves. */
function placedAt(value: Node, at: Span): Node {
  return { ...value, at: { ...at, from: value.at.from ?? value.at } };
}
