import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  Parser,
  type Scalar,
  type YAMLError,
  type Node as YamlNode,
} from 'yaml';
import { err, ok, type Result } from '../../../result.ts';
import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import type { Diagnostic, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import { explainYamlError } from './explain-yaml-error.ts';
import { describeNode, type Entry, entriesOf, itemsOf, type Node } from './node.ts';
import { tooLarge } from './tree-size.ts';

/**
 * Levels of lists and maps in the text itself: far more than any real file has, far fewer than
 * recursion copes with.
 */
const maximumDepth = 64;
/** A file that is not YAML at all has a mistake at every character: the first few are enough. */
const maximumErrors = 10;

/**
 * Parses a text to a tree whose nodes know their spans, or gives all mistakes. An empty text is an
 * empty map.
 */
export function parseYaml(file: SourceFile): Result<Node, readonly Diagnostic[]> {
  const nul = file.text.indexOf('\0');
  if (nul >= 0) return err([notText(file, nul)]);
  const tokens = [...new Parser().parse(file.text)];
  const deep = findDeepToken(tokens);
  if (deep !== undefined) {
    const at = { file, start: deep, end: deep + 1 };
    return err([
      { code: 'too-deep', message: `Lists and maps are nested more than ${maximumDepth} deep`, at },
    ]);
  }
  const composer = new Composer({
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    merge: false,
  });
  const [document, second] = composer.compose(tokens, true, file.text.length);
  if (!document) throw new Error('Internal error: the YAML composer gave no document');
  const diagnostics: Diagnostic[] = firstOfEachLine(
    [...document.errors, ...document.warnings],
    file,
  )
    .slice(0, maximumErrors)
    .map(({ code, message, pos: [start, end] }) => {
      const at = { file, start, end: Math.max(end, start + 1) };
      return { code: 'yaml', ...explainYamlError(`${code} ${message}`), at };
    });
  if (second) {
    const start = second.range[0];
    const message = 'A pipeline file holds one YAML document, this is a second one';
    diagnostics.push({ code: 'yaml', message, at: { file, start, end: start + 3 } });
  }
  const node = new Conversion(file, diagnostics).root(document);
  return diagnostics.length > 0 ? err(diagnostics) : ok(node);
}

/** Every line of a picture or an archive would be a mistake. */
const notText = (file: SourceFile, nul: number): Diagnostic => ({
  code: 'not-text',
  message: 'This is no text: it holds the character NUL',
  hint: 'Name a file of YAML, or save this one as UTF-8.',
  at: { file, start: nul, end: nul + 1 },
});

/** Further mistakes in a line follow from the first one. */
function firstOfEachLine(
  problems: readonly YAMLError[],
  { text }: SourceFile,
): readonly YAMLError[] {
  let end = -1;
  return problems
    .toSorted((a, b) => a.pos[0] - b.pos[0])
    .filter(({ pos: [start] }) => {
      if (start <= end) return false;
      end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      return true;
    });
}

function isRounded(value: number, source: string | undefined): boolean {
  return !Number.isSafeInteger(value) && /^[-+]?(\d+|0x[\da-f]+|0o[0-7]+)$/i.test(source ?? '');
}

/**
 * The offset of a list or map that is nested too deep: composing it could overflow the stack and
 * end the process.
 */
function findDeepToken(tokens: readonly CST.Token[]): number | undefined {
  const todo: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { token, depth } = next;
    if (!token) continue;
    if (depth > maximumDepth) return token.offset;
    if (token.type === 'document') todo.push({ token: token.value, depth });
    else if ('items' in token) {
      for (const item of token.items) {
        todo.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

const mergeList = 'Write a list of aliases: <<: [*first, *second]';

/** No path, argument or environment variable can hold NUL. */
const noNul = 'A text cannot hold the character NUL';

/**
 * Converts a document's nodes to ours, and shares what aliases share. Adds mistakes to
 * `diagnostics`.
 */
class Conversion {
  readonly #file: SourceFile;
  readonly #diagnostics: Diagnostic[];
  readonly #anchors = new Map<string, Node>();

  constructor(file: SourceFile, diagnostics: Diagnostic[]) {
    this.#file = file;
    this.#diagnostics = diagnostics;
  }

  root({ contents }: Document.Parsed): Node {
    const isEmpty = !contents || (isScalar(contents) && contents.value === null);
    return isEmpty
      ? { type: 'map', entries: new Map(), at: this.#span(null) }
      : this.#node(contents);
  }

  #node(source: YamlNode | null): Node {
    const at = this.#span(source);
    if (isAlias(source)) {
      const message = `The alias "*${source.source}" has no anchor "&${source.source}" before it`;
      return this.#anchors.get(source.source) ?? this.#fail('yaml', message, at);
    }
    const content = this.#content(source, at);
    const excess = tooLarge(content);
    const node = excess
      ? this.#fail('alias-bomb', `Aliases here expand to ${excess}`, at)
      : content;
    if (source && 'anchor' in source && source.anchor) this.#anchors.set(source.anchor, node);
    return node;
  }

  #content(source: YamlNode | null, at: Span): Node {
    if (isMap(source)) return { type: 'map', entries: this.#entries(source.items), at };
    if (isSeq(source))
      return { type: 'list', items: source.items.map((item) => this.#node(item as YamlNode)), at };
    const value: unknown = isScalar(source) ? source.value : null;
    if (typeof value === 'number' && isRounded(value, (source as Scalar).source)) {
      const message = `Whole numbers beyond ${Number.MAX_SAFE_INTEGER} would be rounded`;
      return this.#fail(
        'yaml',
        message,
        at,
        'Put it in quotes to keep its digits as a text, or use a smaller one.',
      );
    }
    if (typeof value === 'number' && !Number.isFinite(value))
      return this.#fail('yaml', 'A number must be finite', at);
    if (typeof value === 'string' && value.includes('\0')) return this.#fail('yaml', noNul, at);
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      return { type: 'scalar', value, at };
    }
    return this.#fail('yaml', 'Expected a text, a number, true, false or nothing', at);
  }

  #entries(pairs: readonly Pair[]): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    let merged: ReadonlyMap<string, Entry> | undefined;
    for (const pair of pairs) {
      if (!isScalar(pair.key)) {
        if (isAlias(pair.key))
          this.#fail('yaml', 'A key must be a text, not an alias', this.#span(pair.key));
        continue; // A list or map as a key is an error of the YAML itself.
      }
      const keyAt = this.#span(pair.key as YamlNode);
      const key = String(pair.key.value);
      const value = this.#node(pair.value as YamlNode | null);
      if (key.includes('\0')) this.#fail('yaml', noNul, keyAt);
      const first = entries.get(key);
      if (key === '<<' && merged === undefined) merged = this.#merged(value);
      else if (key === '<<') this.#fail('yaml', 'The key "<<" occurs twice', keyAt, mergeList);
      else if (first) {
        const message = `The key "${key}" occurs twice`;
        const related = [{ message: 'The first one is here', at: first.keyAt }];
        this.#diagnostics.push({ code: 'duplicate-key', message, at: keyAt, related });
      } else entries.set(key, { keyAt, value });
    }
    return merged === undefined ? entries : new Map([...merged, ...entries]);
  }

  /** The entries that a merge key brings: of several maps, an earlier one has the last word. */
  #merged(value: Node): ReadonlyMap<string, Entry> {
    const maps = itemsOf(value);
    const other = maps.find((map) => map.type !== 'map');
    if (other !== undefined) {
      const message = `Expected a map or a list of maps for "<<", got ${describeNode(other)}`;
      this.#fail('yaml', message, other.at, 'Write an alias of a map: <<: *name');
    }
    return new Map(maps.toReversed().flatMap((map) => [...entriesOf(map)]));
  }

  #fail(code: DiagnosticCode, message: string, at: Span, hint?: string): Node {
    this.#diagnostics.push({ code, message, at, hint });
    return { type: 'scalar', value: null, at };
  }

  #span(node: YamlNode | null): Span {
    const [start, end] = node?.range ?? [0, 0];
    return { file: this.#file, start, end };
  }
}
