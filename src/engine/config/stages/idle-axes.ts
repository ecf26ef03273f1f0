import { groupBy } from '../../../group-by.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Stage } from '../pipeline.ts';
import { entriesOf } from '../yaml/node.ts';
import type { Axis } from './axis.ts';
import type { Definition } from './definition.ts';
import { type Instance, type Instances, labelsOf } from './instances.ts';

/** Mistakes for axes that decide nothing: one result would look like several. */
export function findIdleAxes(
  { axes, byDefinition }: Instances,
  stages: readonly Stage[],
): readonly Diagnostic[] {
  const works = new Map<string, string>(stages.map((stage) => [stage.name, workOf(stage)]));
  return Array.from(axes).flatMap(([definition, stageAxes]) => {
    const instances = byDefinition.get(definition) ?? [];
    // Its other mistakes come first.
    if (!instances.every(({ name }) => works.has(name))) return [];
    const isIdle = (axis: Axis) => {
      const groups = groupBy(instances, ({ axes }) =>
        JSON.stringify({ ...labelsOf(axes), [axis.name]: '' }),
      );
      const compared = [...groups.values()].filter((group) => group.length > 1);
      const isOneWork = (group: readonly Instance[]) =>
        new Set(group.map(({ name }) => works.get(name))).size === 1;
      return compared.length > 0 && compared.every(isOneWork);
    };
    return stageAxes
      .filter((axis) => axis.values.length > 1 && isIdle(axis))
      .map((axis) => describeIdle(axis, definition));
  });
}

function workOf({ keyedSettings, inputs, env, outputs, trial, slot, trialOf }: Stage): string {
  const read = inputs.map(({ port, items }) => [port, items]);
  const made = outputs.map(({ port, extension }) => [port, extension]);
  return JSON.stringify([trial, slot?.index, trialOf?.number, keyedSettings, read, env, made]);
}

function describeIdle({ name, values, at }: Axis, definition: Definition): Diagnostic {
  const member = [...entriesOf(values[0]!.node).keys()].find((key) => key !== 'id');
  const variable = ['matrix', name, ...(member === undefined ? [] : [member])].join('.');
  const message = `The axis "${name}" of the stage "${definition.name}" decides nothing: its ${values.length} values give the same settings, inputs and environment`;
  const hint = `Write "\${${variable}}" under "with", "inputs" or "env"; a path under "outputs" changes no result.`;
  return { code: 'idle-axis', message, at, hint };
}
