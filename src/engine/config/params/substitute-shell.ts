import { fillShell } from '../../../shell/fill-shell.ts';
import type { Placeholder } from '../../../shell/placeholders.ts';
import { suggest } from '../../../suggest.ts';
import { itemsOf, spanInside, type TextNode } from '../yaml/node.ts';
import { plainText, type Scope } from './substitute.ts';

/**
 * Replaces `${params.z}` and `${matrix.z}` in a shell text. `${inputs.x}`, `${inputs.x.list}` and `${outputs.y}` must
 * name declared ports and stay, since their paths are known only when the stage runs; every other `$` is the shell's.
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
    if (side === 'inputs' || side === 'outputs') {
      const isPort = ports[side].has(name) || (side === 'inputs' && ports[side].has(name.replace(/\.list$/, '')));
      const message = `The stage declares no ${side.slice(0, -1)} "${name}"`;
      if (!isPort) scope.report({ code: 'unknown-port', message, at, hint: suggest(name, ports[side]) });
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
    scope.report({ code: 'unfit-value', message, at: spanOf(placeholder), hint });
  }
  return text === written ? node : { ...node, value: text };
}
