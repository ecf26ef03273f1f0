import { suggest } from '../../../suggest.ts';
import type { Report } from '../../diagnostics/diagnostic.ts';
import type { Params } from '../params/params.ts';
import { descend, reportUnknownVariable, type Scope } from '../params/substitute.ts';
import type { Node } from '../yaml/node.ts';

/** What `${…}` may name in one instance of a stage: the file's parameters, and the values of its axes. */
export function instanceScope(
  params: Params,
  axes: ReadonlyMap<string, { readonly node: Node }>,
  report: Report,
): Scope {
  return {
    report,
    lookup(name, at) {
      const [word, axis, ...rest] = name.split('.');
      if (word === 'params') return params.lookup(name, at, report);
      if (word !== 'matrix' || axis === undefined) {
        reportUnknownVariable({ report }, name, at, ['params', 'matrix']);
        return undefined;
      }
      const value = axes.get(axis);
      if (value) return descend(value.node, { name: `matrix.${axis}`, rest, at }, report);
      const hint = suggest(axis, axes.keys());
      report({ code: 'unknown-axis', message: `The stage has no axis "${axis}"`, at, hint });
      return undefined;
    },
  };
}
