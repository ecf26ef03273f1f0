import { suggest } from '../../diagnostics/suggest.ts';
import { shellQuote } from '../../shell-quote.ts';
import { itemsOf, type Node, spanInside } from '../yaml/located.ts';
import type { Scope } from './substitute.ts';
import { plainText } from './variables.ts';

const variable = /\$\{(params|matrix|inputs|outputs)\.([^{}]*)\}/g;

/**
 * A shell text with `${params.z}` and `${matrix.z}` replaced, each item of a list as one quoted word. `${inputs.x}` and
 * `${outputs.y}` must name declared ports and stay, since their paths are known only when the stage runs; every other
 * `$` is the shell's.
 */
export function substituteShell(
  node: Node,
  ports: Readonly<Record<'inputs' | 'outputs', ReadonlySet<string>>>,
  scope: Scope,
): Node {
  if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
  const value = node.value.replace(variable, (match, word: string, name: string) => {
    const at = spanInside(node, match);
    if (word === 'inputs' || word === 'outputs') {
      if (!ports[word].has(name)) {
        const hint = suggest(name, ports[word]);
        const message = `The stage declares no ${word.slice(0, -1)} "${name}"`;
        scope.report({ code: 'unknown-port', message, at, ...(hint ? { hint } : {}) });
      }
      return match;
    }
    const found = scope.lookup(`${word}.${name}`, at);
    if (!found) return match;
    const words = itemsOf(found).map((item) => plainText(item, `${word}.${name}`, at, scope.report));
    return words.map((text) => (text === undefined ? match : shellQuote(text))).join(' ');
  });
  return value === node.value ? node : { ...node, value };
}
