import type { Definition } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import { substitute } from '../params/substitute.ts';
import { postOrder } from '../post-order.ts';
import { isPath, parseStageReference, type StageReference } from '../stage-reference.ts';
import { child, type Home, type ScalarNode, toJson } from '../yaml/located.ts';
import { InstanceScope } from './instance-scope.ts';
import { type Axis, type AxisValue, readAxes } from './matrix-axes.ts';

/** Stages of one pipeline, instances counted. More is a slip in a matrix. */
export const maximumStages = 10_000;

/**
 * The axes of every definition: those inherited through its single ports, then its own. Axes of one name must have the same
 * values, and join; a selection `faces[set=test]` inherits the others only.
 */
export function inheritAxes(
  context: LoadContext,
  definitions: ReadonlyMap<string, Definition>,
): ReadonlyMap<Definition, readonly Axis[]> {
  const own = new Map<Definition, readonly Axis[]>();
  const references = new Map<Definition, readonly Edge[]>();
  for (const definition of definitions.values()) {
    const axes = readAxes(context, definition);
    own.set(definition, axes);
    references.set(definition, singleReferences(definition, axes, definitions));
  }
  const result = new Map<Definition, readonly Axis[]>();
  const next = (definition: Definition) => references.get(definition)!.map(({ to }) => to);
  // A cycle is told later, of the instances; here its edges inherit nothing.
  for (const definition of postOrder(definitions.values(), next)) {
    const axes = new Map<string, Axis>();
    for (const { to, reference } of references.get(definition)!) {
      for (const axis of result.get(to) ?? []) {
        if (!reference.selection.has(axis.name)) join(context, axes, axis, definition);
      }
    }
    for (const axis of own.get(definition)!) join(context, axes, axis, definition);
    result.set(definition, bounded(context, definition, [...axes.values()]));
  }
  return result;
}

/** Every combination of the values of some axes, the last axis fastest. One empty combination where there is no axis. */
export function combinations(axes: readonly Axis[]): readonly ReadonlyMap<string, AxisValue>[] {
  let all: readonly ReadonlyMap<string, AxisValue>[] = [new Map()];
  for (const { name, values } of axes) {
    all = all.flatMap((one) => values.map((value) => new Map(one).set(name, value)));
  }
  return all;
}

interface Edge {
  readonly to: Definition;
  readonly reference: StageReference;
}

function singleReferences(
  definition: Definition,
  own: readonly Axis[],
  definitions: ReadonlyMap<string, Definition>,
): readonly Edge[] {
  const inputs = child(definition.node, 'inputs');
  if (inputs?.type !== 'map') return [];
  return Array.from(inputs.entries).flatMap(([port, { value }]) => {
    if (value.type !== 'scalar' || definition.kind?.spec.inputs[port]?.list) return [];
    return textsOf(value, definition, own).flatMap(({ text, home }) => {
      const reference = isPath(text, home.includes) ? undefined : parseStageReference(text);
      const to = reference && definitions.get(home.prefix + reference.stage);
      return to ? [{ to, reference }] : [];
    });
  });
}

/** What an input's text may be: one text, or one for each combination where its own axes are in it; and where it is looked up. */
function textsOf(
  node: ScalarNode,
  definition: Definition,
  own: readonly Axis[],
): readonly { readonly text: string; readonly home: Home }[] {
  const { scope } = definition;
  if (typeof node.value !== 'string') return [];
  if (!node.value.includes('${')) return [{ text: node.value, home: scope }];
  const varies = node.value.includes('matrix') && product(own) <= maximumStages;
  const texts = combinations(varies ? own : []).flatMap((axes) => {
    // Mistakes are told when the instance is worked out; an axis that is only inherited is not known yet.
    const value = substitute(node, new InstanceScope(scope.params, axes, () => {}));
    if (value.type !== 'scalar' || typeof value.value !== 'string') return [];
    const { value: text, home = scope } = value;
    return [[home.prefix + text, { text, home }] as const];
  });
  return [...new Map(texts).values()];
}

function join(context: LoadContext, axes: Map<string, Axis>, axis: Axis, definition: Definition): void {
  const there = axes.get(axis.name);
  if (!there) {
    axes.set(axis.name, axis);
  } else if (there !== axis && valuesKey(there) !== valuesKey(axis)) {
    const message = `The axis "${axis.name}" of the stage "${definition.name}" has other values than one it inherits`;
    const others = there.values.map(({ label }) => label).join(', ');
    const related = [{ message: `The other one has: ${others}`, at: there.at }];
    const hint = `Give them the same values, another name, or select one: stage[${axis.name}=…].port`;
    context.report({ code: 'axis-mismatch', message, at: axis.at, related, hint });
  }
}

function valuesKey({ values }: Axis): string {
  return JSON.stringify(values.map(({ label, node }) => [label, toJson(node)]).sort());
}

const product = (axes: readonly Axis[]) => axes.reduce((count, { values }) => count * values.length, 1);

function bounded({ report }: LoadContext, definition: Definition, axes: readonly Axis[]): readonly Axis[] {
  const count = product(axes);
  if (count <= maximumStages) return axes;
  const message = `The matrix of the stage "${definition.name}" makes ${count.toLocaleString('en')} stages, at most ${maximumStages.toLocaleString('en')} are allowed`;
  report({ code: 'too-many-stages', message, at: definition.at });
  return axes.map((axis) => ({ ...axis, values: axis.values.slice(0, 1) }));
}
