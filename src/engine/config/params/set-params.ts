import { suggest } from '../../../suggest.ts';
import type { Report, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import { entriesOf, type MapNode, type Node } from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';

/** A value for one parameter: of `--set params.epochs=5`, `--set sn/params.epochs=5`, or from the file that includes another. */
export interface SetParam {
  /** The included pipeline whose parameter it is, such as `sn/`; empty for the file itself. */
  readonly prefix: string;
  readonly path: readonly string[];
  readonly value: Node;
  readonly at: Span;
}

/** Reads the texts of `--set`; each value is YAML. `declared` is the `params` of the file, for hints. */
export function parseSetParams(
  texts: readonly string[],
  declared: Node | undefined,
  report: Report,
): readonly SetParam[] {
  return texts.flatMap((text) => {
    const file: SourceFile = { path: '--set', text };
    const match = /^((?:[^/=]+\/)*)params\.([^=]+)=/.exec(text);
    if (!match) {
      const message = `Expected --set params.<name>=<value>, got ${JSON.stringify(text)}`;
      const isKnown = text.includes('=') && entriesOf(declared).has(/^[^.=]*/.exec(text)![0]);
      const hint = isKnown ? `Did you mean ${JSON.stringify(`params.${text}`)}?` : undefined;
      report({ code: 'wrong-set', message, at: { file, start: 0, end: text.length }, hint });
      return [];
    }
    const [name, prefix, path] = match as unknown as readonly [string, string, string];
    // Blanks in place of the name keep the offsets of the value; what is shown has the name.
    const shown = { path: '--set', text: ' '.repeat(name.length) + text.slice(name.length) };
    const parsed = parseYaml(shown);
    shown.text = text;
    if (!parsed.ok) {
      parsed.error.forEach(report);
      return [];
    }
    return [{ prefix, path: path.split('.'), value: parsed.value, at: { file, start: 0, end: name.length - 1 } }];
  });
}

/** Replaces values in the `params` of a file. A parameter that the file does not declare is reported. */
export function setParams(params: Node | undefined, values: readonly SetParam[], report: Report): Node | undefined {
  return values.reduce((result, { path, value, at }) => {
    const onUnknown = (key: string, known: Iterable<string>) =>
      report({ code: 'unknown-param', message: `Unknown parameter "${key}"`, at, hint: suggest(key, known) });
    return replaceAt(result, path, value, onUnknown) ?? result;
  }, params);
}

function replaceAt(
  node: Node | undefined,
  [key, ...rest]: readonly string[],
  value: Node,
  onUnknown: (key: string, known: Iterable<string>) => void,
): Node | undefined {
  if (key === undefined) return value;
  const entries = entriesOf(node);
  const entry = entries.get(key);
  if (!entry) onUnknown(key, entries.keys());
  const inner = entry && replaceAt(entry.value, rest, value, onUnknown);
  return inner && { ...(node as MapNode), entries: new Map(entries).set(key, { ...entry, value: inner }) };
}
