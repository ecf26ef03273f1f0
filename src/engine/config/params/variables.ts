import { suggest } from '../../../suggest.ts';
import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import { child, describeNode, type Node } from '../yaml/located.ts';

/** The mistake of a `${…}` that names nothing; `words` are what may stand before the dot. */
export function unknownVariable(name: string, at: Span, words: readonly string[]): Diagnostic {
  const [word = ''] = name.split('.');
  const known = words.map((known) => `\${${known}.…}`).join(' or ');
  const near = words.includes(word) ? undefined : suggest(word, words)?.match(/^Did you mean .*$/)?.[0];
  return {
    code: 'unknown-variable',
    message: name === '' ? `Expected ${known}` : `Unknown "\${${name}}", expected ${known}`,
    at,
    hint: near ?? 'Write "$${" for a literal "${".',
  };
}

/** The value at a path of keys inside the value that is called `name`. */
export function descend(
  value: Node,
  name: string,
  path: readonly string[],
  at: Span,
  report: (diagnostic: Diagnostic) => void,
): Node | undefined {
  let node = value;
  let walked = name;
  for (const step of path) {
    const next = child(node, step);
    if (!next) {
      const message = `"${walked}" is ${describeNode(node)} without "${step}"`;
      const from = node.at.from ?? node.at;
      report({ code: 'unknown-param', message, at: { ...at, from }, ...missingKey(node, walked, step) });
      return undefined;
    }
    node = next;
    walked = `${walked}.${step}`;
  }
  return node;
}

/** What may have been meant: a map that `--set` gives takes the place of all of the file's. */
function missingKey(node: Node, walked: string, step: string): { readonly hint?: string } {
  const near = suggest(step, node.type === 'map' ? node.entries.keys() : []);
  const isGiven = (node.at.from ?? node.at).file.path === '--set';
  const whole = isGiven ? `To set some of its keys alone: --set ${walked}.<key>=<value>` : undefined;
  const hint = near?.startsWith('Did') ? near : (whole ?? near);
  return hint === undefined ? {} : { hint };
}

/** The text of a value inside a longer text: of a scalar, or the `id` of a map of a matrix. */
export function plainText(
  value: Node,
  name: string,
  at: Span,
  report: (diagnostic: Diagnostic) => void,
): string | undefined {
  const scalar = value.type === 'map' ? (child(value, 'id') ?? value) : value;
  if (scalar.type !== 'scalar' || scalar.value === null) {
    const message = `"\${${name}}" is ${describeNode(value)}, which cannot be part of a text`;
    report({ code: 'wrong-type', message, at });
    return undefined;
  }
  return String(scalar.value);
}
