import { suggest } from '../../../suggest.ts';
import type { Diagnostic, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import type { MapNode, Node } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';

/** One `--set params.epochs=5`; for an included pipeline `--set sn/params.epochs=5`. */
export interface SetParam {
  /** Of the included pipeline, such as `sn/`; empty for the file itself. */
  readonly prefix: string;
  /** Keys below `params`. */
  readonly path: readonly string[];
  readonly value: Node;
  /** The name's place in the option's own text. */
  readonly at: Span;
}

/**
 * Reads the texts of `--set`; the value is YAML, so that `5` is a number and `[1, 2]` a list. `declared` is the `params` of the
 * file, for what may be meant.
 */
export function parseSetParams(
  texts: readonly string[],
  declared: Node | undefined,
  report: (diagnostic: Diagnostic) => void,
): readonly SetParam[] {
  return texts.flatMap((text) => {
    const file: SourceFile = { path: '--set', text };
    const match = /^((?:[^/=]+\/)*)params\.([^=]+)=/.exec(text);
    if (!match) {
      const message = `Expected --set params.<name>=<value>, got ${JSON.stringify(text)}`;
      const known = declared?.type === 'map' && declared.entries.has(/^[^.=]*/.exec(text)![0]);
      const hint = known && text.includes('=') ? { hint: `Did you mean ${JSON.stringify(`params.${text}`)}?` } : {};
      report({ code: 'wrong-set', message, at: { file, start: 0, end: text.length }, ...hint });
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

/** The `params` of a file with values put in the place of those it declares; what it does not declare is reported. */
export function setParams(
  params: Node | undefined,
  values: readonly SetParam[],
  report: (diagnostic: Diagnostic) => void,
): Node | undefined {
  let result = params;
  for (const { path, value, at } of values) result = replaceAt(result, path, value, at, report) ?? result;
  return result;
}

function replaceAt(
  node: Node | undefined,
  path: readonly string[],
  value: Node,
  at: Span,
  report: (diagnostic: Diagnostic) => void,
): Node | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const entry = node?.type === 'map' ? node.entries.get(key) : undefined;
  if (!entry) {
    const hint = suggest(key, node?.type === 'map' ? node.entries.keys() : []);
    report({ code: 'unknown-param', message: `Unknown parameter "${key}"`, at, ...(hint ? { hint } : {}) });
    return undefined;
  }
  const inner = replaceAt(entry.value, rest, value, at, report);
  if (!inner) return undefined;
  const map = node as MapNode;
  return { ...map, entries: new Map(map.entries).set(key, { keyAt: entry.keyAt, value: inner }) };
}
