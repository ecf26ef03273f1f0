import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import type { Input, Resources, Stage } from '../pipeline.ts';
import type { StageShape } from '../schema/shapes.ts';
import { parseStageReference } from '../stage-reference.ts';
import { child, describeNode, isText, itemsOf } from '../yaml/node.ts';
import type { Edge } from './find-cycles.ts';
import { findStage, type InputWork, resolveInputs } from './inputs.ts';
import { agreeing, type Instance, labelsOf } from './instances.ts';
import { resolveSettings } from './settings.ts';
import { madeValues, resolveSlot, withParts } from './slots.ts';
import { resolveCode } from './stage-code.ts';

/** An instance as a stage, undefined where anything in it is wrong; and what it needs, as far as that is known. */
export async function resolveStage(
  work: InputWork,
  instance: Instance,
): Promise<{ readonly stage?: Stage; readonly edges: readonly Edge[]; readonly warnings: readonly Diagnostic[] }> {
  const { definition, node, shape, outputs } = instance;
  const { kind, at } = definition;
  const read = await resolveInputs(work, instance);
  const after = resolveAfter(work, instance);
  const slot = await resolveSlot(work, instance, read);
  const inputs = slot ? [...read, slot.input] : read;
  const edges = [...inputs.flatMap(inputEdges), ...after];
  const settings = kind && resolveSettings(work.context, definition, node, read);
  const nothing = { edges, warnings: [] };
  if (!settings || !shape) return nothing;
  const { kind: _, inputs: _i, with: _w, outputs: _o, after: _a, matrix: _m, env, resources, ...common } = shape;
  const { spec, version } = kind;
  const computes = spec.computes === true;
  const variables = environment(work.context, env);
  const code = await resolveCode(work.context, { kind, settings: settings.settings, inputs, env: variables });
  if (code === 'wrong') return nothing;
  const stage: Stage = {
    name: instance.name,
    axes: labelsOf(instance.axes),
    ...madeValues(instance.axes, definition),
    kind: spec.name,
    kindVersion: version,
    ...settings,
    ...common,
    ...code?.stage,
    inputs: withParts(inputs, spec, settings.settings),
    ...(slot && { slot: slot.slot }),
    outputs,
    after: [...new Set(after.map(({ to }) => to))],
    env: variables,
    computes,
    ...(spec.checkpointsWithout !== undefined && { checkpointsWithout: spec.checkpointsWithout }),
    at,
    resources: resolveResources(resources, computes),
  };
  return { stage, edges, warnings: code?.warnings ?? [] };
}

/** All cores are infinitely many here: the machine that runs the stage says how many it has. */
function resolveResources({ cpu, gpu, memory }: StageShape['resources'], computes: boolean): Resources {
  const all = cpu === 'all' || (cpu === undefined && computes);
  return { cpu: all ? Number.POSITIVE_INFINITY : (cpu ?? 1), gpu, memory };
}

function environment({ env, askedEnv }: LoadContext, declared: StageShape['env']): Stage['env'] {
  const entries = Array.isArray(declared) ? declared.map((name) => [name, null] as const) : Object.entries(declared);
  const ask = (name: string) => {
    const value = env[name] ?? null;
    askedEnv.set(name, value);
    return value;
  };
  return Object.fromEntries(entries.map(([name, value]) => [name, value === null ? ask(name) : String(value)]));
}

function inputEdges({ items, at }: Input): readonly Edge[] {
  return items.flatMap((item) =>
    item.from === 'stage' ? [{ to: item.stage, how: `reads ${item.stage}.${item.port}`, at }] : [],
  );
}

function resolveAfter({ context, instances }: InputWork, instance: Instance): readonly Edge[] {
  const { after, scope } = instance.definition;
  return [...after, ...itemsOf(child(instance.node, 'after'))].flatMap((item) => {
    if (!isText(item) || item.unresolved) return []; // The shape of the stage reports another type.
    const { at, home = scope } = item;
    const reference = parseStageReference(item.value);
    if (!reference || reference.port !== undefined) {
      const message = `Expected the name of a stage in "after", got ${describeNode(item)}`;
      context.report({ code: 'wrong-reference', message, at });
      return [];
    }
    const definition = findStage(context, instances, reference, home, at);
    const stages = definition ? agreeing(instances, definition, reference, instance) : [];
    return stages.map(({ name }) => ({ to: name, how: `runs after ${name}`, at }));
  });
}
