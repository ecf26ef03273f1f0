import type { JsonObject } from '../../../json.ts';
import type { KindSpec } from '../../../stage.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import type { ChosenSlot, LocatedInput, MadeValues } from '../pipeline.ts';
import { parseStageReference } from '../stage-reference.ts';
import {
  child,
  entriesOf,
  isText,
  itemsOf,
  type MapNode,
  type Node,
  toJson,
} from '../yaml/node.ts';
import type { Combination, Slot } from './axis.ts';
import type { Definition } from './definition.ts';
import { type InputWork, resolveInput } from './inputs.ts';
import { type Instance, substituteStage } from './instances.ts';
import { separatePathHint } from './outputs.ts';
import { resolveSettings, type Settings } from './settings.ts';

/** What a slot decides of a stage, with the inputs of the stage for the first candidate. */
interface ResolvedSlot {
  readonly slot: ChosenSlot;
  /** Those with outputs of the candidate have the items of each; the last one has the choices. */
  readonly inputs: readonly LocatedInput[];
}

/**
 * The slot of an instance whose settings or inputs a choice decides; undefined where it decides
 * none. Checks all candidates.
 */
export async function resolveSlot(
  work: InputWork,
  instance: Instance,
  read: readonly LocatedInput[],
): Promise<ResolvedSlot | undefined> {
  const { context } = work;
  const { definition, axes } = instance;
  const [slotAxis, ...others] = [...axes].flatMap(([name, { slot }]) =>
    slot ? [{ name, slot }] : [],
  );
  if (slotAxis === undefined || definition.kind === undefined) return undefined;
  const { name, slot } = slotAxis;
  const written = slot.among.map((candidate) => {
    const values = new Map(axes).set(name, candidate);
    return {
      label: candidate.label,
      values,
      node: substituteStage(context, definition, values, false),
    };
  });
  const nodes = written.map(({ node }) => node);
  const varying = varyingKeys(nodes);
  const inputs = await withCandidates(work, instance, { name, slot }, read);
  if (varying.length === 0 && inputs === read) return undefined;
  const at = child(child(definition.node, 'matrix'), name)?.at ?? definition.at;
  const report = (message: string) => context.report({ code: 'wrong-reference', message, at });
  for (const key of varying.filter((key) => key !== 'with'))
    reportVarying(context, instance, { key, axis: name, nodes });
  if (others[0] !== undefined)
    report(`Slots of both "${name}" and "${others[0].name}" are too many for one stage`);
  const choices = await resolveChoices(work, instance, { name, slot }, at);
  const candidates = written.flatMap(({ label, values, node }) => {
    const settings = settingsOf(work, instance, node, inputs);
    if (settings === undefined) return [];
    const inputsWithParts = withParts(inputs, definition.kind!.spec, settings.settings);
    return [
      [label, { ...settings, inputs: inputsWithParts, ...madeValues(values, definition) }] as const,
    ];
  });
  const varied = varyingCode(definition.kind.spec, candidates);
  if (varied !== undefined)
    report(`"${varied}" decides which code runs, so it cannot depend on the slots of "${name}"`);
  if (choices === undefined) return undefined;
  return {
    slot: {
      port: choices.port,
      index: slot.index,
      axes: slot.choices.map((choice) => choice.axes),
      of: slot.choices.map((choice) => choice.of.name),
      candidates: new Map(candidates),
    },
    inputs: [...inputs, choices],
  };
}

interface NamedSlot {
  readonly name: string;
  readonly slot: Slot;
}

/** The input with the choices of a slot, one for each step to the candidate. */
async function resolveChoices(
  work: InputWork,
  instance: Instance,
  { name, slot }: NamedSlot,
  at: Span,
): Promise<LocatedInput | undefined> {
  const items: readonly Node[] = slot.choices.map(({ by }) => by);
  const reader = { instance, port: `matrix.${name}`, known: undefined };
  const input = await resolveInput(work, reader, { type: 'list', items, at });
  if (input === undefined) return undefined;
  if (input.items.length !== slot.choices.length) {
    const message = `Expected one choice for the slots of the axis "${name}", got ${input.items.length}`;
    work.context.report({ code: 'wrong-reference', message, at });
  }
  return { ...input, at };
}

/**
 * The inputs, with the items for every candidate where they are outputs of the candidate; the same
 * list where none are.
 */
async function withCandidates(
  work: InputWork,
  instance: Instance,
  { name, slot }: NamedSlot,
  read: readonly LocatedInput[],
): Promise<readonly LocatedInput[]> {
  const written = child(instance.node, 'inputs');
  const inputs: LocatedInput[] = [];
  for (const input of read) {
    const { port } = input;
    const value = child(written, port)!;
    const texts = itemsOf(value).filter(isText);
    const isOfSlot = texts.some((text) => parseStageReference(text.value)?.slot === name);
    if (!isOfSlot) {
      inputs.push(input);
      continue;
    }
    const known = instance.definition.kind!.spec.inputs[port];
    const bySlot = new Map<string, LocatedInput['items']>();
    for (const candidate of slot.rivals) {
      const reader = { instance, port, known, candidate };
      const resolved = await resolveInput(work, reader, value);
      if (resolved !== undefined) bySlot.set(candidate.label, resolved.items);
    }
    inputs.push({ ...input, bySlot });
  }
  return inputs.some(({ bySlot }) => bySlot !== undefined) ? inputs : read;
}

/** The keys of a map that depend on the candidate; `nodes` is the map with the values of each. */
function varyingKeys(nodes: readonly (Node | undefined)[]): readonly string[] {
  const textOf = (node: Node | undefined, key: string) => {
    const value = child(node, key);
    return value && JSON.stringify(toJson(value));
  };
  return [...entriesOf(nodes[0]).keys()].filter(
    (key) => new Set(nodes.map((node) => textOf(node, key))).size > 1,
  );
}

/** A setting by which code is found, and which differs between candidates; undefined for none. */
function varyingCode(
  { code }: KindSpec,
  candidates: readonly (readonly [label: string, candidate: Settings])[],
): string | undefined {
  return code?.settings.find((name) => {
    const values = candidates.map(([, { settings }]) => JSON.stringify(settings[name]));
    return new Set(values).size > 1;
  });
}

/** Reports a key of a stage that depends on the candidate in a slot, as only the settings may. */
function reportVarying(
  { report }: LoadContext,
  { definition, outputs }: Instance,
  {
    key,
    axis,
    nodes,
  }: { readonly key: string; readonly axis: string; readonly nodes: readonly Node[] },
): void {
  const message = `Only "with" may depend on the slots of the axis "${axis}", but "${key}" does`;
  const { keyAt, value } = entriesOf(definition.node).get(key)!;
  const ports = key === 'outputs' ? varyingKeys(nodes.map((node) => child(node, key))) : [];
  const output = outputs.find(({ port }) => ports.includes(port));
  const at = output ? entriesOf(value).get(output.port)!.value.at : keyAt;
  report({
    code: 'wrong-reference',
    message,
    at,
    hint: output && separatePathHint(definition, output),
  });
}

const withOf = (node: MapNode): string => JSON.stringify(toJson(child(node, 'with') ?? node));

/** The settings of candidates, which all slots of a stage share. */
const known = new WeakMap<Definition, Map<string, Settings | undefined>>();

function settingsOf(
  { context }: InputWork,
  { definition }: Instance,
  node: MapNode,
  inputs: readonly LocatedInput[],
) {
  const settings = known.get(definition) ?? new Map<string, Settings | undefined>();
  known.set(definition, settings);
  const text = withOf(node);
  if (!settings.has(text)) settings.set(text, resolveSettings(context, definition, node, inputs));
  return settings.get(text);
}

/** The inputs that a stage reads, with the parts that it reads of them. */
export function withParts(
  inputs: readonly LocatedInput[],
  spec: KindSpec,
  settings: JsonObject,
): readonly LocatedInput[] {
  // Code counts by what it imports.
  const read = inputs.filter(({ port }) => !spec.inputs[port]?.code);
  return read.map((input) => {
    const port = spec.inputs[input.port];
    const parts = port?.parts?.(settings);
    const sealed = port === undefined ? 'hidden' : port.sealed?.(settings);
    const hint = sealed === undefined ? port?.sealedHint : undefined;
    return {
      ...input,
      ...(parts !== undefined && { parts }),
      ...(sealed !== undefined && { sealed }),
      ...(hint !== undefined && { sealedHint: hint }),
    };
  });
}

/** Drawn values and the number of a trial, from the stage's own axes. */
export function madeValues(axes: Combination, definition: Definition): MadeValues {
  const matrixEntries = entriesOf(child(definition.node, 'matrix'));
  const trials = [...axes].flatMap(([name, { label, made }]) =>
    made === 'trial' && matrixEntries.has(name) ? [label] : [],
  );
  const drawn = [...axes].flatMap(([name, { node, made }]) =>
    made === 'drawn' && matrixEntries.has(name)
      ? [...entriesOf(node)].map(([key, { value }]) => [key, toJson(value)] as const)
      : [],
  );
  return {
    ...(drawn.length > 0 && { drawn: Object.fromEntries(drawn.filter(([name]) => name !== 'id')) }),
    ...(trials.some((label) => label !== '1') && { trial: trials.join() }),
  };
}
