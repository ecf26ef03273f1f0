import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { suggest } from '../diagnostics/suggest.ts';
import type { InputPort } from '../stage.ts';
import { findStage } from './find-stage.ts';
import type { InputPaths, PathClaim } from './input-paths.ts';
import { agreeing, type Instance, type Instances, labelsOf } from './instances.ts';
import type { LoadContext } from './load-context.ts';
import { child, describeNode, type Node, type ScalarNode } from './located.ts';
import type { Input, InputItem } from './pipeline.ts';
import type { Prepared } from './prepare-instance.ts';
import { isPath, parseStageReference } from './stage-reference.ts';

/** What resolving the inputs of all stages shares. */
export interface InputWork {
  readonly context: LoadContext;
  readonly instances: Instances;
  readonly prepared: ReadonlyMap<string, Prepared>;
  readonly paths: InputPaths;
  /** Path inputs, to be held against the outputs when all are known. */
  readonly claims: PathClaim[];
}

/** An item before its labels are known. */
interface Found {
  readonly item: InputItem;
  /** Name of the stage's definition; absent for a path. */
  readonly stage?: string;
  readonly glob?: true;
}

/** The connected inputs of an instance, in the order of the file. Mistakes are reported and left out. */
export async function resolveInputs(work: InputWork, { instance, node }: Prepared): Promise<readonly Input[]> {
  const { kind, at } = instance.definition;
  const inputs = child(node, 'inputs');
  const entries = inputs?.type === 'map' ? inputs.entries : new Map<never, never>();
  if (!kind) return [];
  for (const [port, { optional, type }] of Object.entries(kind.spec.inputs)) {
    if (optional || entries.has(port)) continue;
    const message = `The stage "${instance.name}" misses its input "${port}" (${typeWords(type)})`;
    work.context.report({ code: 'missing-port', message, at });
  }
  const resolved: Input[] = [];
  for (const [port, { keyAt, value }] of entries) {
    const known = Object.hasOwn(kind.spec.inputs, port) ? kind.spec.inputs[port] : undefined;
    if (!known && !kind.spec.openPorts) {
      const hint = suggest(port, Object.keys(kind.spec.inputs));
      const message = `The kind "${kind.spec.name}" has no input "${port}"`;
      work.context.report({ code: 'unknown-port', message, at: keyAt, ...(hint ? { hint } : {}) });
      continue;
    }
    const input = await resolveInput(work, instance, port, known, value);
    if (input) resolved.push({ ...input, at: value.at });
  }
  return resolved;
}

async function resolveInput(
  work: InputWork,
  instance: Instance,
  port: string,
  known: InputPort<never> | undefined,
  value: Node,
): Promise<Omit<Input, 'at'> | undefined> {
  const { report } = work.context;
  const type = known?.type ?? 'any';
  const texts = (value.type === 'list' ? value.items : [value]).filter(isText); // Others are reported by the shape.
  if (value.type === 'list' && known && !known.list) {
    const message = `The input "${port}" takes one artifact, got a list`;
    report({ code: 'list-to-single', message, at: value.at });
    return undefined;
  }
  if (value.type === 'list' && value.items.length === 0 && !known?.optional) {
    report({ code: 'empty-list', message: `The list of the input "${port}" is empty`, at: value.at });
    return undefined;
  }
  const found: Found[] = [];
  for (const text of texts) found.push(...(await findItems(work, instance, text, { port, type })));
  const list = known ? known.list === true : value.type === 'list' || found.some(({ glob }) => glob);
  if (list) return { port, list, items: labelled(found, instance, work) };
  if (found.length <= 1) return found[0] && { port, list, items: [found[0].item] };
  const names = found.slice(0, 3).map(({ item }) => (item.from === 'path' ? item.shown : item.stage));
  const message = `The input "${port}" takes one artifact, got ${found.length}: ${names.join(', ')}${found.length > 3 ? ', …' : ''}`;
  const hint = found[0]!.stage === undefined ? undefined : 'Select one: stage[axis=value].port';
  report({ code: 'many-to-single', message, at: value.at, ...(hint ? { hint } : {}) });
  return undefined;
}

const isText = (node: Node): node is ScalarNode & { readonly value: string } =>
  node.type === 'scalar' && typeof node.value === 'string';

interface Wanted {
  readonly port: string;
  readonly type: InputPort['type'];
}

async function findItems(
  work: InputWork,
  instance: Instance,
  node: ScalarNode & { readonly value: string },
  wanted: Wanted,
): Promise<readonly Found[]> {
  const text = node.value;
  if (node.unresolved) return [];
  if (!isPath(text, instance.definition.scope.includes)) return findStageItems(work, instance, node, wanted);
  const answer = await work.paths.find(text);
  if (!answer.ok) {
    work.claims.push({ absolute: answer.base, shown: text, at: node.at, missing: answer });
    return [];
  }
  return answer.paths.map(({ absolute, shown }) => {
    work.claims.push({ absolute, shown, at: node.at });
    const item = { from: 'path', path: absolute, shown, labels: {} } as const;
    return answer.glob ? { item, glob: true } : { item };
  });
}

function findStageItems(
  work: InputWork,
  reader: Instance,
  node: ScalarNode & { readonly value: string },
  wanted: Wanted,
): readonly Found[] {
  const { context, instances, prepared } = work;
  const reference = parseStageReference(node.value);
  const known = reference && instances.definitions.has(reader.definition.scope.prefix + reference.stage);
  const exists = !known && node.value !== '' && existsSync(join(context.root, node.value));
  if (!reference || reference.port === undefined || exists) {
    const hint = exists
      ? `Write "./${node.value}" for the file in the project's root.`
      : 'A path has a "/": write "./name" for a file in the root.';
    const message = `Expected stage.port or a path for the input "${wanted.port}", got ${describeNode(node)}`;
    context.report({ code: 'wrong-reference', message, at: node.at, hint });
    return [];
  }
  const definition = findStage(context, instances, reference, reader, node.at);
  if (!definition?.kind) return [];
  const { port } = reference;
  return agreeing(instances, definition, reference, reader).flatMap(({ name }) => {
    const outputs = prepared.get(name)?.outputs ?? [];
    const output = outputs.find((one) => one.port === port);
    if (!output) {
      const known = outputs.map((one) => one.port);
      const hint = suggest(port, known);
      const message = `The stage "${reference.stage}" has no output "${port}"`;
      context.report({ code: 'unknown-port', message, at: node.at, ...(hint ? { hint } : {}) });
      return [];
    }
    if (!accepts(wanted.type, output.type)) {
      const message = `The input "${wanted.port}" takes ${typeWords(wanted.type)}, but "${reference.stage}.${port}" is ${output.type}`;
      context.report({ code: 'type-mismatch', message, at: node.at });
      return [];
    }
    return [{ item: { from: 'stage', stage: name, port, labels: {} } as const, stage: definition.name }];
  });
}

/** Items of a list port with what tells them apart: axes that the reader does not fix, the stage, the path. */
function labelled(found: readonly Found[], reader: Instance, { instances }: InputWork): readonly InputItem[] {
  const several = new Set(found.map(({ stage }) => stage)).size > 1;
  return found.map(({ item, stage, glob }) => {
    const labels: Record<string, string> = {};
    if (item.from === 'stage') {
      if (several) labels['stage'] = stage!;
      for (const [axis, label] of labelsOf(instances.byName.get(item.stage)!.axes)) {
        if (!reader.axes.has(axis)) labels[axis] = label;
      }
    } else if (glob || found.length > 1) {
      // An absolute path is this machine's, and labels are part of the fingerprint.
      const own = !isAbsolute(item.shown) && !item.shown.startsWith('npm:');
      labels['path'] = own ? item.shown : basename(item.path);
    }
    return { ...item, labels };
  });
}

function accepts(wanted: InputPort['type'], type: string): boolean {
  return wanted === 'any' || (typeof wanted === 'string' ? wanted === type : wanted.some((one) => one === type));
}

const typeWords = (type: InputPort['type']) => (typeof type === 'string' ? type : type.join(' or '));
