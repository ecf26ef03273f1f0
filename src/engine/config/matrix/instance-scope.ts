import { suggest } from '../../../suggest.ts';
import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import type { Params } from '../params/params.ts';
import type { Scope } from '../params/substitute.ts';
import { descend, unknownVariable } from '../params/variables.ts';
import type { Node } from '../yaml/located.ts';
import type { AxisValue } from './matrix-axes.ts';

/** What `${…}` may name in one instance of a stage: the file's parameters, and the values of its axes. */
export class InstanceScope implements Scope {
  readonly report: (diagnostic: Diagnostic) => void;
  readonly #params: Params;
  readonly #axes: ReadonlyMap<string, AxisValue>;

  constructor(params: Params, axes: ReadonlyMap<string, AxisValue>, report: (diagnostic: Diagnostic) => void) {
    this.#params = params;
    this.#axes = axes;
    this.report = report;
  }

  lookup(name: string, at: Span): Node | undefined {
    const [word, axis, ...rest] = name.split('.');
    if (word === 'params') return this.#params.lookup(name, at, this.report);
    if (word !== 'matrix' || axis === undefined) {
      this.report(unknownVariable(name, at, ['params', 'matrix']));
      return undefined;
    }
    const value = this.#axes.get(axis);
    if (value) return descend(value.node, `matrix.${axis}`, rest, at, this.report);
    const hint = suggest(axis, this.#axes.keys());
    const message = `The stage has no axis "${axis}"`;
    this.report({ code: 'unknown-axis', message, at, ...(hint ? { hint } : {}) });
    return undefined;
  }
}
