import { suggest } from '../../../suggest.ts';
import type { Report, Span } from '../../diagnostics/diagnostic.ts';
import { type Entry, entriesOf, type MapNode, mergeNodes, type Node } from '../yaml/node.ts';
import { tooLarge } from '../yaml/tree-size.ts';
import type { Scope } from './scope.ts';
import { descend, reportUnknownVariable, substitute } from './substitute.ts';

/** How many parameters may refer to each other in one chain: evaluation is recursive. */
const maximumChain = 64;

/**
 * The parameters of one file. They may refer to each other, and each is evaluated once, when it is
 * first used.
 */
export class Params implements Scope {
  readonly report: Report;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #resolved = new Map<string, Node | undefined>();
  readonly #active: string[] = [];
  /** The parameters that each one refers to; under the empty name, those that stages read. */
  readonly #reads = new Map<string, Set<string>>();

  constructor(node: Node | undefined, report: Report) {
    this.#entries = entriesOf(node);
    this.report = report;
  }

  lookup(dotted: string, at: Span, report = this.report): Node | undefined {
    const [word, name, ...rest] = dotted.split('.');
    if (word !== 'params' || name === undefined) {
      return reportUnknownVariable({ report }, dotted, at, ['params']);
    }
    const entry = this.#entries.get(name);
    if (!entry) {
      const hint = suggest(name, this.#entries.keys());
      return report({ code: 'unknown-param', message: `Unknown parameter "${name}"`, at, hint });
    }
    this.#readsOf(this.#active.at(-1) ?? '').add(name);
    const value = this.#resolve(name, entry, at);
    return value && descend(value, { name: `params.${name}`, rest, at }, report);
  }

  /** Evaluates every parameter, so that a mistake in one that nobody reads is reported too. */
  resolveAll(): void {
    for (const [name, entry] of this.#entries) this.#resolve(name, entry, entry.keyAt);
  }

  /**
   * The parameters that no stage has read so far, directly or through others, with their keys'
   * spans.
   */
  unread(): readonly { readonly name: string; readonly at: Span }[] {
    const read = this.read();
    return [...this.#entries].flatMap(([name, { keyAt }]) =>
      read.has(name) ? [] : [{ name, at: keyAt }],
    );
  }

  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The parameters that stages have read so far, and those that these refer to. */
  read(): ReadonlySet<string> {
    const read = new Set(this.#readsOf(''));
    // The set grows while it is walked.
    for (const name of read) for (const referred of this.#readsOf(name)) read.add(referred);
    return read;
  }

  #readsOf(name: string): Set<string> {
    const known = this.#reads.get(name) ?? new Set();
    this.#reads.set(name, known);
    return known;
  }

  #resolve(name: string, entry: Entry, at: Span): Node | undefined {
    if (this.#resolved.has(name)) return this.#resolved.get(name);
    if (this.#active.length > maximumChain)
      return this.report({
        code: 'too-deep',
        message: `More than ${maximumChain} parameters refer to each other`,
        at,
      });
    if (this.#active.includes(name)) {
      const cycle = [...this.#active.slice(this.#active.indexOf(name)), name].join(' → ');
      return this.report({
        code: 'param-cycle',
        message: `Parameters refer to each other in a cycle: ${cycle}`,
        at,
      });
    }
    this.#active.push(name);
    let value: Node | undefined = substitute(entry.value, this);
    this.#active.pop();
    const excess = tooLarge(value);
    if (excess) {
      this.report({
        code: 'alias-bomb',
        message: `The parameter "${name}" expands to ${excess}`,
        at: entry.keyAt,
      });
      value = undefined;
    }
    this.#resolved.set(name, value);
    return value;
  }
}

/**
 * What `${…}` may name in an instance of a stage: the file's parameters, and the values of its
 * axes.
 */
export function instanceScope(
  params: Params,
  axes: ReadonlyMap<string, { readonly node: Node }>,
  report: Report,
): Scope {
  return {
    report,
    lookup(name, at, onMistake = report) {
      const [word, axis, ...rest] = name.split('.');
      if (word === 'params') return params.lookup(name, at, onMistake);
      if (word !== 'matrix' || axis === undefined) {
        return reportUnknownVariable({ report: onMistake }, name, at, ['params', 'matrix']);
      }
      const value = axes.get(axis);
      if (value) return descend(value.node, { name: `matrix.${axis}`, rest, at }, onMistake);
      const message = `The stage has no axis "${axis}"`;
      const hint = suggest(axis, axes.keys());
      return onMistake({ code: 'unknown-axis', message, at, hint });
    },
  };
}

/**
 * A value for one parameter, from `--set params.epochs=5`, `--set sn/params.epochs=5` or an
 * including file.
 */
export interface SetParam {
  /** The included pipeline whose parameter it is, such as `sn/`; empty for the file itself. */
  readonly prefix: string;
  readonly path: readonly string[];
  readonly value: Node;
  readonly at: Span;
  /** Whether a map leaves the keys that it has not as they are, as a file that extends another. */
  readonly merges?: boolean;
}

/**
 * Replaces values in the `params` of a file. A parameter that the file does not declare is
 * reported.
 */
export function setParams(
  params: Node | undefined,
  values: readonly SetParam[],
  report: Report,
): Node | undefined {
  return values.reduce((result, { path, value, at, merges = false }) => {
    const onUnknown = (key: string, known: Iterable<string>) =>
      report({
        code: 'unknown-param',
        message: `Unknown parameter "${key}"`,
        at,
        hint: suggest(key, known),
      });
    const change = (before: Node) => (merges ? mergeNodes(before, value) : value);
    return replaceAt(result, path, change, onUnknown) ?? result;
  }, params);
}

function replaceAt(
  node: Node | undefined,
  [key, ...rest]: readonly string[],
  change: (before: Node) => Node,
  onUnknown: (key: string, known: Iterable<string>) => void,
): Node | undefined {
  if (key === undefined) return node && change(node);
  const entries = entriesOf(node);
  const entry = entries.get(key);
  if (!entry) onUnknown(key, entries.keys());
  const inner = entry && replaceAt(entry.value, rest, change, onUnknown);
  return (
    inner && {
      ...(node as MapNode),
      entries: new Map(entries).set(key, { ...entry, value: inner }),
    }
  );
}
