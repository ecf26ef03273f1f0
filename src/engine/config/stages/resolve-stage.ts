import { statSync } from 'node:fs';
import type { JsonObject } from '../../../json.ts';
import { CodeError, StageError } from '../../../stage.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { KnownKind, LoadContext } from '../load-context.ts';
import type { LocatedInput, LocatedStage, Resources, Stage, StageCode } from '../pipeline.ts';
import { possibleItems } from '../possible-items.ts';
import type { Edge } from '../post-order.ts';
import type { StageShape } from '../schema/yaml-keys.ts';
import { parseStageReference } from '../stage-reference.ts';
import { child, describeNode, isText, itemsOf } from '../yaml/node.ts';
import { listName } from './axis-lists.ts';
import { findStage, type InputWork, resolveInputs } from './inputs.ts';
import { findAgreeing, type Instance, labelsOf } from './instances.ts';
import { resolveSettings } from './settings.ts';
import { madeValues, resolveSlot, withParts } from './slots.ts';
import { asProposing, resolveTrial } from './trials.ts';

export interface ResolvedStage extends Findings {
  /** Absent where something in it is wrong, or not known yet. */
  readonly stage?: LocatedStage;
  readonly inputs: readonly LocatedInput[];
  /** What it needs, as far as that is known. */
  readonly edges: readonly Edge[];
}

/** What was noticed about a stage that does not concern the others. */
interface Findings {
  readonly warnings: readonly Diagnostic[];
  /** A mistake that concerns this stage alone; absent: none. */
  readonly broken?: Diagnostic;
}

/** An instance as a stage. */
export async function resolveStage(work: InputWork, instance: Instance): Promise<ResolvedStage> {
  const { definition, node, shape, outputs } = instance;
  const { kind, at } = definition;
  const read = await resolveInputs(work, instance);
  const after = resolveAfter(work, instance);
  const slot = await resolveSlot(work, instance, read);
  const proposal = await resolveTrial(work, instance, read);
  const inputs = [...(slot?.inputs ?? read), ...(proposal ? [proposal.input] : [])];
  const lists = listEdges(work, instance);
  const edges = [...inputs.flatMap(inputEdges), ...after, ...lists];
  const settings = kind && resolveSettings(work.context, definition, node, read);
  const nothing = { edges, inputs, warnings: [] };
  if (!settings || !shape) return nothing;
  const {
    kind: _,
    inputs: _i,
    with: _w,
    outputs: _o,
    after: _a,
    matrix: _m,
    when: _when,
    env,
    resources,
    ...common
  } = shape;
  const { spec, version } = kind;
  const computes = spec.computes === true;
  const variables = environment(work.context, env);
  const code = await resolveCode(work.context, {
    kind,
    settings: settings.settings,
    inputs,
    env: variables,
    at,
  });
  if (code === 'wrong') return nothing;
  const stage: LocatedStage = {
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
    ...(proposal && { trialOf: proposal.trial }),
    outputs: withSeals(outputs, spec.seals?.(settings.settings)),
    after: [...new Set(after.map(({ to }) => to))],
    ...(lists.length > 0 && { listedBy: [...new Set(lists.map(({ to }) => to))] }),
    env: variables,
    computes,
    at,
    resources: resolveResources(resources, computes || spec.usesAllCores === true),
  };
  return {
    stage: asProposing(work, instance, stage),
    edges,
    inputs,
    warnings: code?.warnings ?? [],
    ...(code?.broken && { broken: code.broken }),
  };
}

function withSeals(
  outputs: LocatedStage['outputs'],
  seals: Readonly<Record<string, readonly string[]>> = {},
): LocatedStage['outputs'] {
  return outputs.map((output) => {
    const sealed = seals[output.port];
    return sealed === undefined ? output : { ...output, sealed };
  });
}

/** Infinity stands for all cores: only the machine that runs the stage knows how many it has. */
function resolveResources(
  { cpu, gpu, memory, nodes, tasks }: StageShape['resources'],
  usesAllCores: boolean,
): Resources {
  const all = cpu === 'all' || (cpu === undefined && usesAllCores);
  return {
    cpu: all ? Number.POSITIVE_INFINITY : (cpu ?? 1),
    gpu,
    memory,
    ...(nodes > 1 && { nodes }),
    ...(tasks > 1 && { tasks }),
  };
}

function environment({ env, askedEnv }: LoadContext, declared: StageShape['env']): Stage['env'] {
  const entries = Array.isArray(declared)
    ? declared.map((name) => [name, null] as const)
    : Object.entries(declared);
  const ask = (name: string) => {
    const value = env[name] ?? null;
    askedEnv.set(name, value);
    return value;
  };
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === null ? ask(name) : String(value)]),
  );
}

function inputEdges(input: LocatedInput): readonly Edge[] {
  const { at } = input;
  return possibleItems(input).flatMap((item) =>
    item.from === 'stage' ? [{ to: item.stage, how: `reads ${item.stage}.${item.port}`, at }] : [],
  );
}

/** The stages that make the lists from which the axes of an instance take their values. */
function listEdges({ instances }: InputWork, { axes }: Instance): readonly Edge[] {
  return [...axes.values()].flatMap(({ list }) => {
    if (list === undefined || !instances.byName.has(list.stage)) return [];
    const how = `takes the values of "${list.axis}" from ${listName(list)}`;
    return [{ to: list.stage, how, at: list.from.at }];
  });
}

function resolveAfter(work: InputWork, instance: Instance): readonly Edge[] {
  const { after, scope } = instance.definition;
  return [...after, ...itemsOf(child(instance.node, 'after'))].flatMap((item) => {
    if (!isText(item) || item.unresolved) return []; // The shape of the stage reports another type.
    const { at, home = scope } = item;
    const reference = parseStageReference(item.value);
    if (!reference || reference.port !== undefined || reference.slot !== undefined) {
      const message = `Expected the name of a stage in "after", got ${describeNode(item)}`;
      work.context.report({ code: 'wrong-reference', message, at });
      return [];
    }
    const definition = findStage(work, reference, home, at);
    const stages = definition ? findAgreeing(work.instances, definition, reference, instance) : [];
    return stages.map(({ name }) => ({ to: name, how: `runs after ${name}`, at }));
  });
}

interface ResolvedCode extends Findings {
  /** What the code adds to its stage. */
  readonly stage: { readonly code?: StageCode; readonly kindVersion?: Stage['kindVersion'] };
}

/** A stage whose code is looked up. */
interface CodeOwner {
  readonly kind: KnownKind;
  readonly settings: JsonObject;
  readonly inputs: readonly LocatedInput[];
  readonly env: Stage['env'];
  readonly at: LocatedStage['at'];
}

/**
 * The code behind a stage's program; undefined for a kind that finds none, `wrong` for a mistake,
 * which is reported.
 */
async function resolveCode(
  { findCode, root, env, codes, looked, report }: LoadContext,
  stage: CodeOwner,
): Promise<ResolvedCode | 'wrong' | undefined> {
  const { spec } = stage.kind;
  if (spec.code === undefined || findCode === undefined) return undefined;
  if (spec.code.when?.(stage.settings) === false) return undefined;
  const input = stage.inputs.find(({ port }) => spec.inputs[port]?.code);
  const needsInput = Object.values(spec.inputs).some(({ code, optional }) => code && !optional);
  const withoutInput = needsInput ? undefined : noFile;
  const program = input ? programOf(input, report) : withoutInput;
  if (program === undefined) return 'wrong'; // a missing port is reported
  const at = input?.at ?? stage.at;
  const settings = Object.fromEntries(
    spec.code.settings.flatMap((name) => pick(stage.settings, name)),
  );
  const key = JSON.stringify([spec.name, program, settings, stage.env]);
  try {
    const question = { program, root, settings, env: { ...env, ...asSeen(stage.env) }, loaded: [] };
    const foundCode = codes.get(key) ?? (await findCode(spec, question));
    codes.set(key, foundCode);
    const { version, looked: _, warnings, ...code } = foundCode;
    return {
      stage: { code, kindVersion: version },
      warnings: warnings.map((message) => ({ code: 'unkeyed-import', message, at })),
    };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    // An edit may mend it.
    if (program !== noFile) looked.add(program);
    if (error instanceof CodeError) for (const path of error.looked) looked.add(path);
    return {
      stage: {},
      warnings: [],
      broken: { code: 'broken-program', message: error.message, at },
    };
  }
}

/** Stands for a program that no input names, such as `ffmpeg`, or a module. */
const noFile = '';

function programOf(
  { port, items, at }: LocatedInput,
  report: LoadContext['report'],
): string | undefined {
  const [item] = items;
  if (item?.from === 'path' && statSync(item.path, { throwIfNoEntry: false })?.isFile())
    return item.path;
  const message = `The input "${port}" takes a file of the project: its imports are read before anything runs`;
  if (item?.from !== 'path' || statSync(item.path, { throwIfNoEntry: false })) {
    report({ code: 'wrong-reference', message, at });
  }
  return undefined;
}

const pick = (settings: Stage['settings'], name: string) =>
  settings[name] === undefined ? [] : [[name, settings[name]] as const];

/** Declared variables as the program will see them: an unset one is absent. */
export const asSeen = (env: Stage['env']): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? undefined]));
