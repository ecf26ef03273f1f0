import { suggest } from '../../../suggest.ts';
import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import { type Entry, type MapNode, type Node, tooLarge } from '../yaml/located.ts';
import { type Scope, substitute } from './substitute.ts';
import { descend, unknownVariable } from './variables.ts';

/** Parameters that refer to one another in one chain; working them out recurses. */
const maximumChain = 64;

/** The parameters of one file: each may refer to others, and is worked out once, when first asked for. */
export class Params implements Scope {
  readonly #raw: MapNode | undefined;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly #resolved = new Map<string, Node | undefined>();
  readonly #active: string[] = [];
  /** Which parameters each one refers to; under the empty name, those that something outside the parameters reads. */
  readonly #reads = new Map<string, Set<string>>();

  constructor(node: Node | undefined, report: (diagnostic: Diagnostic) => void) {
    this.#raw = node?.type === 'map' ? node : undefined;
    this.report = report;
  }

  lookup(name: string, at: Span, report = this.report): Node | undefined {
    const [word, first, ...rest] = name.split('.');
    if (word !== 'params' || first === undefined) {
      report(unknownVariable(name, at, ['params']));
      return undefined;
    }
    const entry = this.#raw?.entries.get(first);
    if (!entry) {
      const hint = suggest(first, this.#raw?.entries.keys() ?? []);
      report({ code: 'unknown-param', message: `Unknown parameter "${first}"`, at, ...(hint ? { hint } : {}) });
      return undefined;
    }
    this.#readsOf(this.#active.at(-1) ?? '').add(first);
    const value = this.#resolve(first, entry, at);
    return value && descend(value, `params.${first}`, rest, at, report);
  }

  /** Works out every parameter, so that a mistake in one that nobody reads is told too. */
  resolveAll(): void {
    for (const [name, entry] of this.#raw?.entries ?? []) this.#resolve(name, entry, entry.keyAt);
  }

  /** The parameters that nothing read by now, nor any that was read, and where each stands. */
  unread(): readonly { readonly name: string; readonly at: Span }[] {
    const read = this.read();
    const entries = [...(this.#raw?.entries ?? [])].filter(([name]) => !read.has(name));
    return entries.map(([name, { keyAt }]) => ({ name, at: keyAt }));
  }

  /** The parameters that something outside them read by now, and those that these refer to. */
  read(): ReadonlySet<string> {
    const read = new Set(this.#readsOf(''));
    for (const name of read) for (const other of this.#readsOf(name)) read.add(other); // grows while it is walked
    return read;
  }

  #readsOf(name: string): Set<string> {
    const known = this.#reads.get(name) ?? new Set();
    this.#reads.set(name, known);
    return known;
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
}
