import { fillShell } from '../../../shell/fill-shell.ts';
import type { Placeholder } from '../../../shell/placeholders.ts';
import { suggest } from '../../../suggest.ts';
import { itemsOf, type Node, type ScalarNode, spanInside } from '../yaml/located.ts';
import type { Scope } from './substitute.ts';
import { plainText } from './variables.ts';

/**
 * A shell text with the values of `${params.z}` and `${matrix.z}`. `${inputs.x}`, `${inputs.x.list}` and `${outputs.y}` must
 * name declared ports and stay, since their paths are known only when the stage runs; every other `$` is the shell's.
 */
export function substituteShell(
  node: Node,
  ports: Readonly<Record<'inputs' | 'outputs', ReadonlySet<string>>>,
  scope: Scope,
): Node {
  if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
  const written = node.value;
  const { text, unfit } = fillShell(written, (placeholder) => {
    const { side, name, quoting } = placeholder;
    const at = spanOf(node, written, placeholder);
    if (side === 'inputs' || side === 'outputs') {
      if (ports[side].has(name) || (side === 'inputs' && ports[side].has(name.replace(/\.list$/, ''))))
        return undefined;
      const hint = suggest(name, ports[side]);
      const message = `The stage declares no ${side.slice(0, -1)} "${name}"`;
      scope.report({ code: 'unknown-port', message, at, ...(hint ? { hint } : {}) });
      return undefined;
    }
    const found = scope.lookup(`${side}.${name}`, at);
    const texts = itemsOf(found).map((item) => plainText(item, `${side}.${name}`, at, scope.report));
    if (found === undefined || !texts.every((one) => one !== undefined)) return undefined;
    if (quoting === 'literal' && texts.some((one) => /\$\{(inputs|outputs)\./.test(one))) {
      const message = `The value of "\${${side}.${name}}" would be read for placeholders again`;
      scope.report({ code: 'unfit-value', message, at, hint: 'Leave out the quotes of the here-document’s word.' });
    }
    return texts;
  });
  for (const { placeholder, message, hint } of unfit) {
    scope.report({ code: 'unfit-value', message, at: spanOf(node, written, placeholder), hint });
  }
  return text === written ? node : { ...node, value: text };
}

function spanOf(node: ScalarNode, text: string, { start, end }: Placeholder) {
  const piece = text.slice(start, end);
  return spanInside(node, piece, text.slice(0, start).split(piece).length - 1);
}
