import type { Edge } from '../find-cycles.ts';
import type { LoadContext } from '../load-context.ts';
import { agreeing } from '../matrix/instances.ts';
import type { Input, Resources, Stage, StageName } from '../pipeline.ts';
import type { StageShape } from '../schema/shapes.ts';
import { parseStageReference } from '../stage-reference.ts';
import { child, describeNode, itemsOf } from '../yaml/located.ts';
import type { InputWork } from './find-items.ts';
import { findStage } from './find-stage.ts';
import type { Prepared } from './prepare-instance.ts';
import { reportUnknownAxes } from './report-unknown-axes.ts';
import { resolveInputs } from './resolve-inputs.ts';
import { resolveSettings, type Settings } from './resolve-settings.ts';

/** A prepared instance as a stage, undefined where anything in it is wrong; and what it needs, for as far as that is known. */
export async function resolveStage(
  work: InputWork,
  prepared: Prepared,
): Promise<{ readonly stage?: Stage; readonly edges: readonly Edge[] }> {
  const { instance, node, shape, outputs } = prepared;
  const { kind, at } = instance.definition;
  const inputs = await resolveInputs(work, prepared);
  const after = resolveAfter(work, prepared);
  const edges = [...inputs.flatMap(inputEdges), ...after];
  if (!kind) return { edges };
  const connected = child(node, 'inputs');
  const ports = new Set<string>(connected?.type === 'map' ? connected.entries.keys() : []);
  const settings = resolveSettings(work.context, instance.definition, kind.spec, node, ports);
  if (settings) reportUnknownAxes(work.context, kind.spec, node, settings.settings, inputs);
  if (!settings || !shape) return { edges };
  const stage: Stage = {
    name: instance.name,
    axes: Object.fromEntries(Array.from(instance.axes, ([axis, { label }]) => [axis, label])),
    kind: kind.spec.name,
    kindVersion: kind.version,
    ...settings,
    inputs: inputs.map((input) => withParts(input, kind.spec.inputs[input.port]?.parts, settings)),
    outputs,
    after: [...new Set(after.map(({ to }) => to))],
    env: environment(work.context, shape.env),
    computes: kind.spec.computes === true,
    ...(kind.spec.checkpointsWithout !== undefined && { checkpointsWithout: kind.spec.checkpointsWithout }),
    at,
    resources: resources(shape, kind.spec.computes === true),
    ...common(shape),
  };
  return { stage, edges };
}

/** All cores are infinitely many here: how many that is, the machine says that runs the stage. */
function resources({ resources: { cpu, gpu, memory } }: StageShape, computes: boolean): Resources {
  const all = cpu === 'all' || (cpu === undefined && computes);
  return { cpu: all ? Number.POSITIVE_INFINITY : (cpu ?? 1), gpu, memory };
}

function common(shape: StageShape) {
  const { description, retries, timeout, cache, frozen, onDemand } = shape;
  return {
    retries,
    cache,
    frozen,
    onDemand,
    ...(description === undefined ? {} : { description }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function withParts(
  input: Input,
  parts: ((settings: never) => readonly string[] | undefined) | undefined,
  { settings }: Settings,
): Input {
  const read = parts?.(settings as never);
  return read ? { ...input, parts: read } : input;
}

function environment({ env }: LoadContext, declared: StageShape['env']): Readonly<Record<string, string | null>> {
  const entries = Array.isArray(declared) ? declared.map((name) => [name, null] as const) : Object.entries(declared);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === null ? (env.get(name) ?? null) : String(value)]),
  );
}

function inputEdges({ items, at }: Input): readonly Edge[] {
  return items.flatMap((item) =>
    item.from === 'stage' ? [{ to: item.stage, how: `reads ${item.stage}.${item.port}`, at }] : [],
  );
}

function resolveAfter(work: InputWork, { instance, node }: Prepared): readonly Edge[] {
  return [...instance.definition.after, ...itemsOf(child(node, 'after'))].flatMap((item) => {
    // The shape of the stage reports another type.
    if (item.type !== 'scalar' || typeof item.value !== 'string' || item.unresolved) return [];
    const reference = parseStageReference(item.value);
    if (!reference || reference.port !== undefined) {
      const message = `Expected the name of a stage in "after", got ${describeNode(item)}`;
      work.context.report({ code: 'wrong-reference', message, at: item.at });
      return [];
    }
    const definition = findStage(
      work.context,
      work.instances,
      reference,
      item.home ?? instance.definition.scope,
      item.at,
    );
    const stages: readonly { name: StageName }[] = definition
      ? agreeing(work.instances, definition, reference, instance)
      : [];
    return stages.map(({ name }) => ({ to: name, how: `runs after ${name}`, at: item.at }));
  });
}
