import { basename, isAbsolute } from 'node:path';
import type { InputPort } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import { type Instance, labelsOf } from '../matrix/instances.ts';
import type { Input, InputItem } from '../pipeline.ts';
import { child, itemsOf, type Node, type ScalarNode } from '../yaml/located.ts';
import { type Found, findItems, type InputWork, typeWords } from './find-items.ts';
import type { Prepared } from './prepare-instance.ts';

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
  const texts = itemsOf(value).filter(isText); // Others are reported by the shape.
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
  if (list) return { port, list, items: labelled(found, instance, work, known?.labelled === true) };
  if (found.length <= 1) {
    const items = found.map(({ item }) => (known?.labelled ? { ...item, labels: axesOf(item, work) } : item));
    return found[0] && { port, list, items };
  }
  const names = found.slice(0, 3).map(({ item }) => (item.from === 'path' ? item.shown : item.stage));
  const message = `The input "${port}" takes one artifact, got ${found.length}: ${names.join(', ')}${found.length > 3 ? ', …' : ''}`;
  const hint = found[0]!.stage === undefined ? undefined : 'Select one: stage[axis=value].port';
  report({ code: 'many-to-single', message, at: value.at, ...(hint ? { hint } : {}) });
  return undefined;
}

const isText = (node: Node): node is ScalarNode & { readonly value: string } =>
  node.type === 'scalar' && typeof node.value === 'string';

/** The axis values of the instance that an item comes from. */
function axesOf(item: InputItem, { instances }: InputWork): Readonly<Record<string, string>> {
  return item.from === 'stage' ? Object.fromEntries(labelsOf(instances.byName.get(item.stage)!.axes)) : {};
}

/**
 * Items of a list port with what tells them apart: axes that the reader does not fix (on a `labelled` port, those that it
 * fixes too), the stage, the path.
 */
function labelled(
  found: readonly Found[],
  reader: Instance,
  work: InputWork,
  withFixed: boolean,
): readonly InputItem[] {
  const several = new Set(found.map(({ stage }) => stage)).size > 1;
  return found.map(({ item, stage, glob }) => {
    const labels: Record<string, string> = {};
    if (item.from === 'stage') {
      if (several) labels['stage'] = stage!;
      for (const [axis, label] of Object.entries(axesOf(item, work))) {
        if (withFixed || !reader.axes.has(axis)) labels[axis] = label;
      }
    } else if (glob || found.length > 1) {
      // An absolute path is this machine's, and labels are part of the fingerprint.
      const own = !isAbsolute(item.shown) && !item.shown.startsWith('npm:');
      labels['path'] = own ? item.shown : basename(item.path);
    }
    return { ...item, labels };
  });
}
