import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Definition } from '../definition.ts';
import type { Stage } from '../pipeline.ts';
import type { Instances } from './instances.ts';
import type { Axis } from './matrix-axes.ts';

/**
 * Axes that decide nothing, such as a seed that no setting takes: stages that differ only in one of them would have the same
 * fingerprint, so one result would be copied and look like several. What differs between their inputs is found when the
 * file is read: a stage or a path counts as another input by its name, since its content is not known yet.
 */
export function findIdleAxes(instances: Instances, stages: readonly Stage[]): readonly Diagnostic[] {
  const work = new Map<string, string>(stages.map((stage) => [stage.name, workOf(stage)]));
  return Array.from(instances.axes).flatMap(([definition, axes]) => {
    const made = instances.byDefinition.get(definition) ?? [];
    if (!made.every(({ name }) => work.has(name))) return []; // Its other mistakes come first.
    const isIdle = (axis: Axis) => {
      const works = new Map<string, string>();
      return made.every(({ name, axes }) => {
        const others = JSON.stringify(Array.from(axes, ([other, { label }]) => (other === axis.name ? '' : label)));
        const first = works.get(others) ?? work.get(name)!;
        works.set(others, first);
        return first === work.get(name);
      });
    };
    return axes.filter((axis) => axis.values.length > 1 && isIdle(axis)).map((axis) => idleAxis(axis, definition));
  });
}

/** All of a stage that its fingerprint will hold. */
function workOf({ keyedSettings, inputs, env, outputs }: Stage): string {
  const read = inputs.map(({ port, items }) => [port, items]);
  return JSON.stringify([keyedSettings, read, env, outputs.map(({ port, extension }) => [port, extension])]);
}

function idleAxis({ name, values, at }: Axis, definition: Definition): Diagnostic {
  const { node } = values[0]!;
  const members = node.type === 'map' ? [...node.entries.keys()].filter((key) => key !== 'id') : [];
  const variable = ['matrix', name, ...members.slice(0, 1)].join('.');
  return {
    code: 'idle-axis',
    message: `The axis "${name}" of the stage "${definition.name}" decides nothing: its ${values.length} values give the same settings, inputs and environment`,
    at,
    hint: `Write "\${${variable}}" under "with", "inputs" or "env"; a path under "outputs" changes no result.`,
  };
}
