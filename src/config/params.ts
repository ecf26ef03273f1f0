import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { child, type Entry, type MapNode, type Node, tooLarge } from './located.ts';
import { type Scope, substitute } from './substitute.ts';
import { unknownVariable } from './variables.ts';

/** Parameters that refer to one another in one chain; working them out recurses. */
const maximumChain = 64;

/** The parameters of one file: each may refer to others, and is worked out once, when first asked for. */
export class Params implements Scope {
  readonly #raw: MapNode | undefined;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly #resolved = new Map<string, Node | undefined>();
  readonly #active: string[] = [];

  constructor(node: Node | undefined, report: (diagnostic: Diagnostic) => void) {
    this.#raw = node?.type === 'map' ? node : undefined;
    this.report = report;
  }

  lookup(name: string, at: Span): Node | undefined {
    const [word, first, ...rest] = name.split('.');
    if (word !== 'params' || first === undefined) {
      this.report(unknownVariable(name, at, ['params']));
      return undefined;
    }
    const entry = this.#raw?.entries.get(first);
    if (!entry) {
      const hint = suggest(first, this.#raw?.entries.keys() ?? []);
      this.report({ code: 'unknown-param', message: `Unknown parameter "${first}"`, at, ...(hint ? { hint } : {}) });
      return undefined;
    }
    const value = this.#resolve(first, entry, at);
    return value && this.#descend(value, first, rest, at);
  }

  /** Works out every parameter, so that a mistake in one that nobody reads is told too. */
  resolveAll(): void {
    for (const [name, entry] of this.#raw?.entries ?? []) this.#resolve(name, entry, entry.keyAt);
  }

  #resolve(name: string, entry: Entry, at: Span): Node | undefined {
    if (this.#resolved.has(name)) return this.#resolved.get(name);
    if (this.#active.length > maximumChain) {
      this.report({ code: 'too-deep', message: `More than ${maximumChain} parameters refer to each other`, at });
      return undefined;
    }
    if (this.#active.includes(name)) {
      const cycle = [...this.#active.slice(this.#active.indexOf(name)), name].join(' → ');
      this.report({ code: 'param-cycle', message: `Parameters refer to each other in a cycle: ${cycle}`, at });
      return undefined;
    }
    this.#active.push(name);
    let value: Node | undefined = substitute(entry.value, this);
    this.#active.pop();
    const excess = tooLarge(value);
    if (excess) {
      this.report({ code: 'alias-bomb', message: `The parameter "${name}" stands for ${excess}`, at: entry.keyAt });
      value = undefined;
    }
    this.#resolved.set(name, value);
    return value;
  }

  #descend(value: Node, first: string, path: readonly string[], at: Span): Node | undefined {
    let node = value;
    let name = first;
    for (const step of path) {
      const next = child(node, step);
      if (!next) {
        const hint = suggest(step, node.type === 'map' ? node.entries.keys() : []);
        const message = `The parameter "${name}" has no "${step}"`;
        this.report({ code: 'unknown-param', message, at, ...(hint ? { hint } : {}) });
        return undefined;
      }
      node = next;
      name = `${name}.${step}`;
    }
    return node;
  }
}
