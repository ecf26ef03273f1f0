import type { Definition } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import type { StageName } from '../pipeline.ts';
import type { StageReference } from '../stage-reference.ts';
import { combinations, inheritAxes, maximumStages } from './inherit-axes.ts';
import type { Axis, AxisValue } from './matrix-axes.ts';

/** A stage with a value for each of its axes; it becomes one stage of the pipeline. */
export interface Instance {
  readonly name: StageName;
  readonly definition: Definition;
  readonly axes: ReadonlyMap<string, AxisValue>;
}

/** All instances of a pipeline, in order. */
export interface Instances {
  readonly all: readonly Instance[];
  /** Inherited ones too. */
  readonly axes: ReadonlyMap<Definition, readonly Axis[]>;
  readonly byDefinition: ReadonlyMap<Definition, readonly Instance[]>;
  readonly byName: ReadonlyMap<string, Instance>;
  readonly definitions: ReadonlyMap<string, Definition>;
}

export function makeInstances(context: LoadContext, list: readonly Definition[]): Instances {
  const definitions = new Map(list.map((definition) => [definition.name, definition]));
  const byDefinition = new Map<Definition, readonly Instance[]>();
  const byName = new Map<string, Instance>();
  const all: Instance[] = [];
  const axes = inheritAxes(context, definitions);
  for (const definition of list) {
    const instances = combinations(axes.get(definition)!).map((values) => {
      return { name: instanceName(definition.name, labelsOf(values)), definition, axes: values };
    });
    byDefinition.set(definition, instances);
    if (all.length <= maximumStages && all.length + instances.length > maximumStages) {
      const message = `The pipeline has more than ${maximumStages.toLocaleString('en')} stages`;
      context.report({ code: 'too-many-stages', message, at: definition.at });
    }
    if (all.length + instances.length > maximumStages) continue;
    for (const instance of instances) {
      byName.set(instance.name, instance);
      all.push(instance);
    }
  }
  return { all, axes, byDefinition, byName, definitions };
}

/** `fit[net=my-net,seed=2]`: axes in code-unit order, so that a name does not depend on where an axis was declared. */
function instanceName(base: string, labels: ReadonlyMap<string, string>): StageName {
  if (labels.size === 0) return base as StageName;
  const parts = [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([axis, label]) => `${axis}=${label}`);
  return `${base}[${parts.join(',')}]` as StageName;
}

export function labelsOf(axes: ReadonlyMap<string, AxisValue>): ReadonlyMap<string, string> {
  return new Map(Array.from(axes, ([name, { label }]) => [name, label]));
}

/**
 * The instances of a definition that a reader means: its selection first, then the reader's own axes, any value of the
 * others. In order.
 */
export function agreeing(
  instances: Instances,
  definition: Definition,
  { selection }: StageReference,
  reader: Instance,
): readonly Instance[] {
  const all = instances.byDefinition.get(definition) ?? [];
  const fixed = new Map<string, string>();
  for (const axis of all[0]?.axes.keys() ?? []) {
    const label = selection.get(axis) ?? reader.axes.get(axis)?.label;
    if (label !== undefined) fixed.set(axis, label);
  }
  if (fixed.size === 0) return all;
  if (fixed.size === all[0]!.axes.size) {
    const one = instances.byName.get(instanceName(definition.name, fixed));
    return one ? [one] : [];
  }
  return all.filter(({ axes }) => Array.from(fixed).every(([axis, label]) => axes.get(axis)?.label === label));
}
