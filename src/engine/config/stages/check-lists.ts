import { suggest } from '../../../suggest.ts';
import type { ListOutput } from '../pipeline.ts';
import { parseStageReference } from '../stage-reference.ts';
import type { AxisList } from './axis.ts';
import { listName } from './axis-lists.ts';
import type { Definition } from './definition.ts';
import { findStage, type ReferenceScope } from './inputs.ts';
import type { Instance } from './instances.ts';
import { askHint } from './outputs.ts';

/** The files of which a list can be read, by their names. */
const listFile = /\.(csv|ya?ml|json)$/i;

/** Reports axes that take their values from what is no list. Returns the lists, each once. */
export function checkLists(
  scope: ReferenceScope,
  asked: readonly AxisList[],
): readonly ListOutput[] {
  const lists = new Map<string, ListOutput>();
  for (const list of asked) {
    const { stage, port } = list;
    if (checkList(scope, list)) lists.set(listName(list), { stage, port });
  }
  return [...lists.values()];
}

/** Whether one stage makes the list. What is wrong is reported. */
function checkList(scope: ReferenceScope, { axis, from }: AxisList): boolean {
  const { context, instances } = scope;
  const { value, at, home } = from;
  const reference = parseStageReference(value)!;
  const { stage, port, selection } = reference;
  const definition = findStage(scope, reference, home!, at);
  if (definition?.kind === undefined) return false;
  const open = (instances.axes.get(definition) ?? []).find(({ name }) => !selection.has(name));
  if (open !== undefined) {
    const message = `An axis takes its values from one output, but "${value}" is one for each "${open.name}" of the stage "${stage}"`;
    const label = open.values[0]!.standsFor === undefined ? open.values[0]!.label : '…';
    const selected = [...selection, [open.name, label]].map((part) => part.join('=')).join(',');
    const hint = `Select one: ${stage}[${selected}].${port}`;
    context.report({ code: 'wrong-reference', message, at, hint });
    return false;
  }
  const source = (instances.byDefinition.get(definition) ?? []).find(({ axes }) =>
    [...selection].every(([name, label]) => axes.get(name)?.label === label),
  );
  // It is left out, and so are those that need it.
  return source !== undefined && checkOutput(scope, { axis, from, definition, source });
}

/** The output that an axis names, of the instance that makes it. */
interface NamedOutput {
  readonly axis: string;
  readonly from: AxisList['from'];
  readonly definition: Definition;
  readonly source: Instance;
}

function checkOutput(
  { context: { report } }: ReferenceScope,
  { axis, from, definition, source }: NamedOutput,
): boolean {
  const { value, at } = from;
  const { stage, port } = parseStageReference(value)!;
  const declared = definition.kind!.spec.outputs;
  const output = source.outputs.find((candidate) => candidate.port === port);
  if (output === undefined) {
    const when = declared[port!]?.when;
    const ports = source.outputs.map((candidate) => candidate.port);
    const hint = when === undefined ? suggest(port!, ports) : askHint(when);
    const message = `The stage "${stage}" has no output "${port}"`;
    report({ code: 'unknown-port', message, at, hint });
    return false;
  }
  if (listFile.test(output.path)) return true;
  const message = `The axis "${axis}" takes its values from a file that ends in .csv, .yaml or .json, but "${value}" is published as "${output.path}"`;
  const isOpen = !Object.hasOwn(declared, port!);
  const hint = isOpen
    ? `Give it such a name: outputs: { ${port}: artifacts/${port}.csv }`
    : undefined;
  report({ code: 'wrong-reference', message, at, hint });
  return false;
}
