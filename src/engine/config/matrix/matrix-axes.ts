import type { Span } from '../../diagnostics/diagnostic.ts';
import { type Definition, namePattern } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import { substitute } from '../params/substitute.ts';
import { child, describeNode, type Node } from '../yaml/located.ts';

export interface AxisValue {
  /** The scalar as text, or the `id` of a map: what stands in the stage's name. */
  readonly label: string;
  readonly node: Node;
}

/** One dimension of a matrix. */
export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
  readonly at: Span;
}

/** Names that labels of a list port have already. */
const reserved = new Set(['stage', 'path']);
/** Characters that mean something in a stage's name, or in a shell. */
const labelPattern = /^[^\s,=@[\]{}()$"'`\\|&;<>*?]{1,100}$/u;

/** The axes that a stage declares itself, in the order of the file. */
export function readAxes(context: LoadContext, { node, scope }: Definition): readonly Axis[] {
  const written = child(node, 'matrix');
  const matrix = written && substitute(written, scope.params);
  if (matrix?.type !== 'map') return []; // The shape of the stage reports any other type.
  return Array.from(matrix.entries).flatMap(([name, { keyAt, value }]) => {
    if (!namePattern.test(name) || reserved.has(name)) {
      const message = `"${name}" is no name for an axis`;
      const hint = 'A name has letters, digits, "_" and "-"; "stage" and "path" are labels already.';
      context.report({ code: 'wrong-name', message, at: keyAt, hint });
      return [];
    }
    if (value.type !== 'list' || value.items.length === 0) return [];
    const values = readValues(context, name, value.items);
    return values.length === 0 ? [] : [{ name, values, at: keyAt }];
  });
}

function readValues(context: LoadContext, axis: string, items: readonly Node[]): readonly AxisValue[] {
  const first = new Map<string, Node>();
  for (const item of items) {
    const scalar = item.type === 'map' ? child(item, 'id') : item;
    if (scalar?.type !== 'scalar' || scalar.value === null) continue; // The shape of the stage reports it.
    const label = String(scalar.value);
    const same = first.get(label);
    if (same) {
      const related = [{ message: 'The first one is here', at: same.at }];
      const message = `The axis "${axis}" has the value "${label}" twice`;
      context.report({ code: 'duplicate-value', message, at: item.at, related });
    } else if (!labelPattern.test(label)) {
      const message = `${describeNode(scalar)} cannot stand in a stage's name`;
      const hint = 'Give the value as a map with a short "id" of letters, digits and "._+-/:".';
      context.report({ code: 'wrong-name', message, at: scalar.at, hint });
    } else first.set(label, item);
  }
  return Array.from(first, ([label, node]) => ({ label, node }));
}
