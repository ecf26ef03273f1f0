import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { InputPort } from '../../../stage.ts';
import { closest, didYouMean, suggest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import { fieldText } from '../field-text.ts';
import { isUnread, type LoadContext } from '../load-context.ts';
import type { InputItem, LocatedInput, StageName } from '../pipeline.ts';
import { knownKeys } from '../schema/explain-issues.ts';
import { isPath, parseStageReference, type StageReference } from '../stage-reference.ts';
import {
  child,
  describeNode,
  entriesOf,
  type Home,
  isText,
  itemsOf,
  type Node,
  type TextNode,
  toJson,
} from '../yaml/node.ts';
import { type Candidate, type Combination, hasUnknownValue } from './axis.ts';
import { checkName } from './check-name.ts';
import type { Definition } from './definition.ts';
import type { InputPaths, PathClaim } from './input-paths.ts';
import { findAgreeing, type Instance, type Instances, labelsOf } from './instances.ts';
import { askHint } from './outputs.ts';

/** The stages that references may name, and where mistakes in these are reported. */
export interface ReferenceScope {
  readonly context: LoadContext;
  readonly instances: Instances;
}

/** What resolving the inputs of all stages shares. */
export interface InputWork extends ReferenceScope {
  readonly paths: InputPaths;
  /** Path inputs, to be checked against the outputs once all of these are known. */
  readonly claims: PathClaim[];
  /**
   * The inputs that hold all trials of a search, by what they are the same for: each of its
   * proposals reads the beginning of one.
   */
  readonly histories: Map<string, Promise<ReadInput | undefined>>;
}

/** An input before its place in the file is known. */
type ReadInput = Omit<LocatedInput, 'at'>;

/** An artifact that an input refers to, before its labels are known. */
interface FoundItem {
  readonly item: InputItem;
  /** Name of the stage's definition; absent for a path. */
  readonly stage?: string;
  readonly glob?: true;
}

/**
 * The reading port: `known` is what its kind declares; absent for a port that only the file
 * declares.
 */
interface Reader {
  readonly instance: Instance;
  readonly port: string;
  readonly known: InputPort<never> | undefined;
  /** The candidate in its slot, for `fit[slot].model`; absent: the first. */
  readonly candidate?: Candidate;
}

/**
 * The connected inputs of an instance, in the order of the file. Wrong ones are reported and left
 * out.
 */
export async function resolveInputs(
  work: InputWork,
  instance: Instance,
): Promise<readonly LocatedInput[]> {
  const { report } = work.context;
  const { kind, at } = instance.definition;
  const written = child(instance.node, 'inputs');
  // The shape of the stage reports another type.
  if (!kind || (written !== undefined && written.type !== 'map')) return [];
  const entries = entriesOf(written);
  const { inputs, openPorts, name } = kind.spec;
  for (const [port, { optional, type }] of Object.entries(inputs)) {
    const message = `The stage "${instance.name}" lacks its input "${port}" (${typeWords(type)})`;
    if (!optional && !entries.has(port)) report({ code: 'missing-port', message, at });
  }
  const resolved: LocatedInput[] = [];
  for (const [port, { keyAt, value }] of entries) {
    const known = Object.hasOwn(inputs, port) ? inputs[port] : undefined;
    if (!known && !openPorts) {
      const isSetting = knownKeys(kind.spec.settings, []).includes(port);
      const hint = isSetting
        ? `It is a setting: with: { ${port}: … }`
        : suggest(port, Object.keys(inputs));
      report({
        code: 'unknown-port',
        message: `The kind "${name}" has no input "${port}"`,
        at: keyAt,
        hint,
      });
      continue;
    }
    if (!known && !checkName({ report }, port, keyAt, 'port')) continue;
    const input = kind.spec.proposes?.history.includes(port)
      ? await resolveHistory(work, { instance, port, known }, value)
      : await resolveInput(work, { instance, port, known }, value);
    if (input) resolved.push({ ...input, at: value.at });
  }
  return resolved;
}

/** One input of an instance; undefined where it is wrong, which is reported. */
export async function resolveInput(
  work: InputWork,
  reader: Reader,
  value: Node,
): Promise<Omit<LocatedInput, 'at'> | undefined> {
  const { report } = work.context;
  const { port, known } = reader;
  const { at } = value;
  const single = `The input "${port}" takes one artifact, got`;
  if (value.type === 'list' && known && !known.list)
    return report({ code: 'list-to-single', message: `${single} a list`, at });
  if (value.type === 'list' && value.items.length === 0 && !known?.optional)
    return report({ code: 'empty-list', message: `The list of the input "${port}" is empty`, at });
  const matches: FoundItem[] = [];
  // The check of the stage's shape reports other types.
  for (const item of itemsOf(value))
    if (isText(item)) matches.push(...(await findItems(work, reader, item)));
  const list = known
    ? known.list === true
    : value.type === 'list' || matches.some(({ glob }) => glob);
  // All of them may be left out.
  if (matches.length === 0 && known?.optional && itemsOf(value).length > 0) return undefined;
  if (list) return { port, list, items: await labelItems(matches, reader, work) };
  // Which of them is meant, a value decides that is not known yet.
  const isOpen = hasUnknownValue(reader.instance.axes);
  if (matches.length <= 1 || isOpen) {
    const items = matches.map(({ item }) =>
      known?.labelled ? { ...item, labels: axesOf(item, work) } : item,
    );
    return matches[0] && { port, list, items };
  }
  const names = matches.map(({ item }) => (item.from === 'path' ? item.shown : item.stage));
  const message = `${single} ${matches.length}: ${names.slice(0, 3).join(', ')}${matches.length > 3 ? ', …' : ''}`;
  const hint = matches[0]!.stage === undefined ? undefined : 'Select one: stage[axis=value].port';
  return report({ code: 'many-to-single', message, at, hint });
}

/** The input of a stage that proposes a trial: the items of all trials before. */
async function resolveHistory(
  work: InputWork,
  reader: Reader,
  value: Node,
): Promise<ReadInput | undefined> {
  const { instance, port } = reader;
  const axis = [...instance.axes].find(([, { proposes }]) => proposes);
  if (axis === undefined) return undefined; // that nobody takes its trials is reported
  const [name, { proposes }] = axis;
  const others = new Map([...instance.axes].filter(([other]) => other !== name));
  const values = [...others].map(([other, { label }]) => [other, label]);
  const key = JSON.stringify([instance.definition.name, port, values]);
  const all = { ...reader, instance: { ...instance, axes: others } };
  const known = work.histories.get(key) ?? resolveTrials(work, { reader: all, name, value });
  work.histories.set(key, known);
  const input = await known;
  if (input === undefined) return undefined;
  const before = input.items.filter(({ labels }) => Number(labels[name]) < proposes!.trial);
  return { ...input, items: before };
}

/** The items of all trials of a search; undefined where some are of none, which is reported. */
async function resolveTrials(
  work: InputWork,
  { reader, name, value }: { readonly reader: Reader; readonly name: string; readonly value: Node },
): Promise<ReadInput | undefined> {
  const input = await resolveInput(work, reader, value);
  if (input === undefined) return undefined;
  const stranger = input.items.find(({ labels }) => labels[name] === undefined);
  if (stranger !== undefined) {
    const got = stranger.from === 'path' ? stranger.shown : stranger.stage;
    const message = `Expected one artifact of each trial "${name}" for the input "${input.port}", got ${got}`;
    return work.context.report({ code: 'wrong-reference', message, at: value.at });
  }
  return { ...input, items: input.items.map(({ trial: _, ...item }) => item) };
}

async function findItems(
  work: InputWork,
  reader: Reader,
  node: TextNode,
): Promise<readonly FoundItem[]> {
  if (node.unresolved) return [];
  const { includes } = node.home ?? reader.instance.definition.scope;
  if (!isPath(node.value, includes)) return findStageItems(work, reader, node);
  const { value: text, at } = node;
  const answer = await work.paths.find(text, at);
  if ('missing' in answer) {
    const { hint = includeHint(text, includes) } = answer.missing;
    work.claims.push({ ...answer, missing: { ...answer.missing, hint }, shown: text, at });
    return [];
  }
  return answer.paths.map(({ absolute, shown }) => {
    work.claims.push({ absolute, shown, at });
    const item = { from: 'path', path: absolute, shown, labels: {} } as const;
    return answer.glob ? { item, glob: true } : { item };
  });
}

/**
 * For `face/scores.metrics` beside an included pipeline `faces`, without which the text is a path.
 */
function includeHint(text: string, includes: ReadonlySet<string>): string | undefined {
  const slash = text.indexOf('/');
  const near =
    parseStageReference(text)?.port === undefined
      ? undefined
      : closest(text.slice(0, slash), includes);
  return near && `Did you mean "${near}${text.slice(slash)}"?`;
}

function findStageItems(
  { context, instances }: InputWork,
  reader: Reader,
  node: TextNode,
): readonly FoundItem[] {
  const { report, root } = context;
  const { value: text, at, home = reader.instance.definition.scope } = node;
  const reference = parseStageReference(text);
  const isStage = reference && instances.definitions.has(home.prefix + reference.stage);
  const isFile = !isStage && text !== '' && existsSync(join(root, text));
  if (!reference || reference.port === undefined || isFile) {
    const hint = isFile
      ? `Write "./${text}" for the file in the project's root.`
      : 'A path has a "/": write "./name" for a file in the root.';
    const message = `Expected stage.port or a path for the input "${reader.port}", got ${describeNode(node)}`;
    report({ code: 'wrong-reference', message, at, hint });
    return [];
  }
  const { stage, port } = reference;
  const definition = findStage({ context, instances }, reference, home, at);
  if (!definition?.kind) return [];
  const selected = selectCandidate({ context, instances }, reader, { reference, definition, at });
  if (selected === undefined) return [];
  const declared = definition.kind.spec.outputs;
  const wanted = reader.known?.type ?? 'any';
  return findAgreeing(instances, definition, selected, reader.instance).flatMap(
    ({ name, outputs }) => {
      const output = outputs.find((candidate) => candidate.port === port);
      if (!output) {
        const when = declared[port]?.when;
        const ports = outputs.map((output) => output.port);
        const hint = when === undefined ? suggest(port, ports) : askHint(when);
        report({
          code: 'unknown-port',
          message: `The stage "${stage}" has no output "${port}"`,
          at,
          hint,
        });
        return [];
      }
      if (wanted !== 'any' && ![wanted].flat().includes(output.type)) {
        const message = `The input "${reader.port}" takes the type ${typeWords(wanted)}, but "${stage}.${port}" has the type ${output.type}`;
        const isOwn = !Object.hasOwn(declared, port);
        const hint = isOwn
          ? `Say what it is: outputs: { ${port}: { path: …, type: ${[wanted].flat()[0]} } }`
          : undefined;
        report({ code: 'type-mismatch', message, at, hint });
        return [];
      }
      return [
        { item: { from: 'stage', stage: name, port, labels: {} } as const, stage: definition.name },
      ];
    },
  );
}

/** A reference of an input to a stage that there is. */
interface FoundReference {
  readonly reference: StageReference;
  readonly definition: Definition;
  readonly at: Span;
}

/**
 * The reference with the labels of the candidate that it means by `[slot]`; undefined for a mistake
 * about slots, which is reported.
 */
function selectCandidate(
  { context: { report }, instances }: ReferenceScope,
  { instance, candidate }: Reader,
  { reference, definition, at }: FoundReference,
): StageReference | undefined {
  const { stage, selection, slot: name, port } = reference;
  if (name === undefined) {
    const mistaken = mistakenForCandidate(instances, instance, { reference, definition, at });
    if (mistaken === undefined) return reference;
    const message = `"${mistaken}" is an axis of slots here, so "${stage}.${port}" is not the output of one candidate`;
    const hint = `Write ${stage}[${mistaken}].${port} for the candidate in the slot, or select one: ${stage}[${mistaken}=…].${port}`;
    return report({ code: 'wrong-reference', message, at, hint });
  }
  const slot = instance.axes.get(name)?.slot;
  if (slot === undefined) {
    const message = `The stage "${instance.name}" has no slots on an axis "${name}"`;
    const hint = `${stage}[axis=value].${port} selects an instance; ${stage}[axis].${port} is an output of the candidate in a slot of that axis.`;
    return report({ code: 'unknown-axis', message, at, hint });
  }
  const [own] = slot.choices;
  if (own!.of !== definition) {
    const message = `The slots of "${name}" hold candidates of "${own!.of.name}", not of "${stage}"`;
    return report({ code: 'wrong-reference', message, at });
  }
  const { labels } = candidate ?? slot.rivals[0]!;
  return { ...reference, selection: new Map([...selection, ...Object.entries(labels)]) };
}

/**
 * An axis of slots whose numbers would be taken for values of another axis of the same name, which
 * the stage that is read has: slot 1 need not hold candidate 1. Undefined where there is none.
 */
function mistakenForCandidate(
  { axes }: Instances,
  { axes: own }: Instance,
  { reference: { selection }, definition }: FoundReference,
): string | undefined {
  const theirs = axes.get(definition) ?? [];
  for (const [name, { slot }] of own) {
    if (slot === undefined || selection.has(name)) continue;
    const axis = theirs.find((candidate) => candidate.name === name);
    if (axis !== undefined && axis.values[0]?.slot?.choices !== slot.choices) return name;
  }
  return undefined;
}

const typeWords = (type: InputPort['type']) => [type].flat().join(' or ');

/**
 * The definition that a reference names, seen from a file; undefined for a wrong name or selection,
 * which is reported.
 */
export function findStage(
  { context, instances: { definitions, axes: allAxes } }: ReferenceScope,
  { stage, port, selection }: StageReference,
  { prefix }: Home,
  at: Span,
): Definition | undefined {
  const { report } = context;
  const definition = definitions.get(prefix + stage);
  if (!definition && isUnread(context, prefix + stage)) return undefined;
  if (!definition) {
    const visible = [...definitions.keys()].filter((name) => name.startsWith(prefix));
    const names = visible.map((name) => name.slice(prefix.length));
    const file = port === undefined ? [] : [`A file in the root is written "./${stage}.${port}".`];
    const hint =
      didYouMean(stage, names) ??
      ([suggest(stage, names) ?? [], file].flat().join(' ') || undefined);
    return report({ code: 'unknown-stage', message: `Unknown stage "${stage}"`, at, hint });
  }
  const axes = allAxes.get(definition) ?? [];
  for (const [axis, label] of selection) {
    const known = axes.find(({ name }) => name === axis);
    const labels = new Set(known?.values.map((value) => value.label));
    const hasAxis = known !== undefined;
    const isOpen = known?.values[0]?.standsFor !== undefined;
    if (labels.has(label) || isOpen) continue;
    const names = axes.map(({ name }) => name);
    const hint = hasAxis ? suggest(label, labels) : suggest(axis, names);
    const message = hasAxis
      ? `The axis "${axis}" of the stage "${stage}" has no value "${label}"`
      : `The stage "${stage}" has no axis "${axis}"`;
    return report({ code: 'unknown-axis', message, at, hint });
  }
  return definition;
}

function axesOf(item: InputItem, { instances }: InputWork): Readonly<Record<string, string>> {
  return item.from === 'stage' ? labelsOf(instances.byName.get(item.stage)!.axes) : {};
}

/** Fields of axis values, such as `net.width`, that settings name as axes of a port's items. */
function fieldsAsked({ definition, node }: Instance, port: string): readonly string[] {
  const settings = Object.entries(definition.kind?.spec.axes ?? {}).filter(([, ports]) =>
    ports.includes(port),
  );
  const named = settings.flatMap(([name]) => itemsOf(child(child(node, 'with'), name)));
  return named.flatMap((item) => (isText(item) && item.value.includes('.') ? [item.value] : []));
}

/** The values of these fields that an instance has; for a slot, those of its first candidate. */
function fieldsOf(axes: Combination, names: readonly string[]): Readonly<Record<string, string>> {
  const values = names
    .flatMap((asked) => withFields(axes, asked))
    .flatMap((name) => {
      const [axis = '', ...path] = name.split('.');
      // What a search adds for itself, such as bounds, is no setting to compare.
      if (axes.get(axis)?.proposal?.unlisted.has(path.join('.'))) return [];
      const node = path.reduce<Node | undefined>(
        (inner, key) => child(inner, key),
        axes.get(axis)?.node,
      );
      if (node === undefined || (node.type === 'scalar' && node.absent)) return [];
      return [[name, fieldText(toJson(node))] as const];
    });
  return Object.fromEntries(values);
}

/** The fields that a name means: itself, or for `sample.*` all that the axis's value has. */
function withFields(axes: Combination, name: string): readonly string[] {
  if (!name.endsWith('.*')) return [name];
  const axis = name.slice(0, -'.*'.length);
  const fields = [...entriesOf(axes.get(axis)?.node).keys()].filter((key) => key !== 'id');
  return fields.map((field) => `${axis}.${field}`);
}

/**
 * Items of a list port with their labels: axes that the reader does not fix, the stage, the path.
 */
async function labelItems(
  matches: readonly FoundItem[],
  { instance, port, known }: Reader,
  work: InputWork,
) {
  const fields = fieldsAsked(instance, port);
  const hasSeveralStages = new Set(matches.map(({ stage }) => stage)).size > 1;
  const items: InputItem[] = [];
  for (const { item, stage, glob } of matches) {
    let chosen: InputItem['chosen'];
    const labels: Record<string, string> = {};
    if (item.from === 'stage') {
      if (hasSeveralStages) labels['stage'] = stage!;
      for (const [axis, label] of Object.entries(axesOf(item, work))) {
        if (known?.labelled || !instance.axes.has(axis)) labels[axis] = label;
      }
      const from = work.instances.byName.get(item.stage)!;
      Object.assign(labels, fieldsOf(from.axes, fields));
      chosen = fields.length === 0 ? undefined : await choiceOf(work, from, fields);
    } else if (glob || matches.length > 1) {
      // An absolute path is this machine's, and labels are part of the fingerprint.
      const isOwn = !isAbsolute(item.shown) && !item.shown.startsWith('npm:');
      labels['path'] = isOwn ? item.shown : basename(item.path);
    }
    const trial =
      item.from === 'stage' ? trialOf(work, item.stage, { instance, fields }) : undefined;
    items.push({ ...item, labels, ...(chosen && { chosen }), ...(trial && { trial }) });
  }
  return items;
}

/** Of an item that is a trial among others for the reader: where its proposal is. */
function trialOf(
  work: InputWork,
  stage: StageName,
  { instance, fields }: { readonly instance: Instance; readonly fields: readonly string[] },
): InputItem['trial'] {
  const { axes } = work.instances.byName.get(stage)!;
  const axis = [...axes].find(([name, { proposal }]) => proposal && !instance.axes.has(name));
  if (axis === undefined) return undefined;
  const [name, { label, proposal }] = axis;
  const { value, home } = proposal!.by;
  const reference = parseStageReference(value)!;
  const definition = work.instances.definitions.get(home!.prefix + reference.stage);
  const from = work.instances.byName.get(stage)!;
  if (definition === undefined) return undefined; // which is reported
  const [proposer] = findAgreeing(work.instances, definition, reference, from);
  if (proposer === undefined) return undefined;
  // What a search adds for itself, such as bounds, is no setting to compare.
  const added = [...proposal!.unlisted].map((value) => `${name}.${value}`);
  const ofTrial = fields
    .filter((field) => field.startsWith(`${name}.`))
    .flatMap((field) => (field.endsWith('.*') ? withFields(axes, field) : [field]))
    .filter((field) => !added.includes(field));
  return {
    label,
    proposal: { stage: proposer.name, port: reference.port! },
    fields: Object.fromEntries(ofTrial.map((field) => [field, field.split('.').slice(1)])),
  };
}

/** The choice that decides these fields, for an instance with slots. */
async function choiceOf(
  work: InputWork,
  from: Instance,
  fields: readonly string[],
): Promise<InputItem['chosen']> {
  const slotAxis = [...from.axes].find(
    ([axis, { slot }]) => slot && fields.some((name) => name.startsWith(`${axis}.`)),
  );
  if (slotAxis === undefined) return undefined;
  const [name, { slot }] = slotAxis;
  const { at } = from.definition;
  const list: Node = { type: 'list', items: slot!.choices.map(({ by }) => by), at };
  const read = await resolveInput(
    work,
    { instance: from, port: `matrix.${name}`, known: undefined },
    list,
  );
  const axisFields = fields.filter((field) => field.startsWith(`${name}.`));
  const labels = slot!.among.map(
    (axisValue) => [axisValue.label, fieldsOf(new Map([[name, axisValue]]), axisFields)] as const,
  );
  const axes = slot!.choices.map((choice) => choice.axes);
  return read && { index: slot!.index, axes, choices: read.items, labels: new Map(labels) };
}
