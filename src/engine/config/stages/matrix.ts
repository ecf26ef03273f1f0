import { formatCount } from '../../../format-numbers.ts';
import type { LoadContext } from '../load-context.ts';
import { instanceScope } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import { postOrder } from '../post-order.ts';
import { proposedAxisShape } from '../schema/yaml-keys.ts';
import { isPath, parseStageReference, type StageReference } from '../stage-reference.ts';
import {
  child,
  entriesOf,
  isText,
  itemsOf,
  type Node,
  type TextNode,
  toJson,
} from '../yaml/node.ts';
import type { Axis, Combination } from './axis.ts';
import type { AxisFiles } from './axis-files.ts';
import { maximumStages, readAxisValues } from './axis-values.ts';
import { namePattern } from './check-name.ts';
import type { Definition } from './definition.ts';
import { candidateAxes, fillSlots, type SlotAxis } from './fill-slots.ts';
import { paramsOf } from './param-axes.ts';
import { connectProposals } from './proposed-axes.ts';
import { SparseMatrix } from './sparse-matrix.ts';

/** Names that other labels of a list port have. */
const reserved = new Set(['stage', 'path']);
/** The axes of every definition, and which combinations of their values there are. */
export interface Matrices {
  /** Those inherited through single ports and not selected, then a definition's own. */
  readonly axes: ReadonlyMap<Definition, readonly Axis[]>;
  readonly rules: ReadonlyMap<Definition, SparseMatrix>;
}

/** Reads the matrix of every definition, and what it inherits. */
export async function readMatrices(
  files: AxisFiles,
  definitions: ReadonlyMap<string, Definition>,
): Promise<Matrices> {
  const { context } = files;
  const axesByDefinition = new Map<Definition, readonly Axis[]>();
  const rules = new Map<Definition, SparseMatrix>();
  const sources = new Map<Definition, readonly Source[]>();
  for (const definition of definitions.values()) {
    const matrix = await readMatrix(files, definition);
    axesByDefinition.set(definition, matrix.axes);
    rules.set(definition, matrix.rules);
  }
  connectProposals(context, definitions, axesByDefinition);
  for (const [definition, axes] of axesByDefinition) {
    sources.set(definition, sourcesOf(definition, axes, definitions));
  }
  const result = new Map<Definition, readonly Axis[]>();
  // A cycle is reported later, for the instances; here its edges inherit nothing.
  for (const definition of postOrder(definitions.values(), (definition) =>
    sources.get(definition)!.map(({ from }) => from),
  )) {
    const axes = new Map<string, Axis>();
    const add = (axis: Axis) => addAxis(context, axes, axis, definition);
    const ofSources = sources.get(definition)!;
    inheritedAxes(ofSources, result).forEach(add);
    const own = axesByDefinition.get(definition)!;
    const others = new Set([
      ...axes.keys(),
      ...own.flatMap((axis) => (axis.slots ? [] : axis.name)),
    ]);
    for (const axis of own) {
      if (axis.slots === undefined) add(axis);
      else {
        const of = ofSources.find(({ slots }) => slots === axis)?.from;
        const filling = of && { of, axes: result.get(of) ?? [] };
        const possible = filling && rules.get(filling.of)!.allowed(combinations(filling.axes));
        const source = filling && { ...filling, combinations: possible! };
        const reader = { definition, axis, others };
        inheritedBySlot(ofSources, reader, filling?.axes ?? []).forEach(add);
        fillSlots(context, reader, source).forEach(add);
      }
    }
    rules.get(definition)!.checkAxes(context, [...axes.values()]);
    result.set(definition, limitStages(context, definition, [...axes.values()]));
  }
  return { axes: result, rules };
}

/**
 * Every combination of the values of some axes, the last axis fastest; one empty combination where
 * there is no axis.
 */
export function combinations(axes: readonly Axis[]): readonly Combination[] {
  return axes.reduce<readonly Combination[]>(
    (all, { name, values }) =>
      all.flatMap((combination) => values.map((value) => new Map(combination).set(name, value))),
    [new Map()],
  );
}

/** The matrix that a stage has itself. */
async function readMatrix(
  files: AxisFiles,
  { node, scope }: Definition,
): Promise<{ readonly axes: readonly Axis[]; readonly rules: SparseMatrix }> {
  const { report } = files.context;
  const written = child(node, 'matrix');
  // The shape of the stage reports wrong types.
  const matrix = written && substitute(written, scope.params);
  const axes: Axis[] = [];
  const entries = entriesOf(matrix);
  const rules = new SparseMatrix(entries);
  for (const name of rules.names) {
    const { keyAt, value } = entries.get(name)!;
    if (!namePattern.test(name) || reserved.has(name)) {
      const message = `"${name}" is not a valid name for an axis`;
      const hint =
        'A name has letters, digits, "_" and "-"; "stage" and "path" are labels already.';
      report({ code: 'wrong-name', message, at: keyAt, hint });
      continue;
    }
    const values = await readAxisValues(files, { name, value, scope });
    const of = child(value, 'of');
    const by = child(value, 'by');
    const along = child(value, 'axes');
    const written = along && { axes: itemsOf(along).filter(isText) };
    const slots = isText(of) && isText(by) ? { of, by, ...written } : undefined;
    const proposals =
      of === undefined && isText(by) ? { by, parallel: parallelOf(value) } : undefined;
    const extra = { ...(slots && { slots }), ...(proposals && { proposals }) };
    if (values.length > 0) axes.push({ name, values, at: keyAt, ...extra });
  }
  return { axes: rules.widen(files.context, axes), rules };
}

/** How many trials of an axis may be under way together. */
function parallelOf(axis: Node): number {
  const parsed = proposedAxisShape.safeParse(toJson(axis));
  return parsed.success ? parsed.data.parallel : 1;
}

interface Source {
  readonly from: Definition;
  /** Absent where no axis is inherited: the candidates of slots. */
  readonly reference?: StageReference;
  /** The axis of the slots that it has the candidates of. */
  readonly slots?: Axis;
}

/** The axes of the stages that are read, without those that a reference selects. */
function inheritedAxes(
  sources: readonly Source[],
  known: ReadonlyMap<Definition, readonly Axis[]>,
): readonly Axis[] {
  return sources.flatMap(({ from, reference }) => {
    // An output of a slot's candidate: what it inherits follows from the slots.
    if (reference === undefined || reference.slot !== undefined) return [];
    return (known.get(from) ?? []).filter(({ name }) => !reference.selection.has(name));
  });
}

/** The axes of the candidates, read by `fit[slot].model`, that neither slot nor reference fixes. */
function inheritedBySlot(
  sources: readonly Source[],
  reader: SlotAxis,
  axes: readonly Axis[],
): readonly Axis[] {
  const chosen = candidateAxes(reader, axes);
  const { name } = reader.axis;
  const references = sources.flatMap(({ reference }) =>
    reference?.slot === name ? [reference] : [],
  );
  return references.flatMap(({ selection }) =>
    axes.filter((axis) => !selection.has(axis.name) && !chosen.includes(axis.name)),
  );
}

function sourcesOf(
  definition: Definition,
  ownAxes: readonly Axis[],
  definitions: ReadonlyMap<string, Definition>,
) {
  const candidates = ownAxes.flatMap((axis): readonly Source[] => {
    const { slots } = axis;
    const from =
      slots && definitions.get((slots.of.home ?? definition.scope).prefix + slots.of.value);
    return from && from !== definition ? [{ from, slots: axis }] : [];
  });
  const read = Array.from(entriesOf(child(definition.node, 'inputs'))).flatMap(
    ([port, { value }]) => {
      const { list, inherits } = definition.kind?.spec.inputs[port] ?? {};
      if (!isText(value) || (list && !inherits)) return [];
      return textsOf(value, definition, ownAxes).flatMap(
        ({ value: text, home = definition.scope }) => {
          const reference = isPath(text, home.includes) ? undefined : parseStageReference(text);
          const from = reference && definitions.get(home.prefix + reference.stage);
          return from ? [{ from, reference }] : [];
        },
      );
    },
  );
  return [...candidates, ...read];
}

/**
 * The texts that an input may have: one, or one for each combination of the stage's own axes if it
 * names any.
 */
function textsOf(
  node: TextNode,
  definition: Definition,
  ownAxes: readonly Axis[],
): readonly TextNode[] {
  if (!node.value.includes('${')) return [node];
  const { scope, paramAxes = [] } = definition;
  const namesAxes = node.value.includes('matrix') || paramAxes.length > 0;
  const varies = namesAxes && product(ownAxes) <= maximumStages;
  // Mistakes are reported with the instance; an axis that is only inherited is not known yet.
  const silent = () => undefined;
  const texts = combinations(varies ? ownAxes : []).map((axes) =>
    substitute(node, instanceScope(paramsOf(definition, axes), axes, silent)),
  );
  const byTarget = texts
    .filter(isText)
    .map((text) => [(text.home ?? scope).prefix + text.value, text] as const);
  return [...new Map(byTarget).values()];
}

function addAxis(
  { report }: LoadContext,
  axes: Map<string, Axis>,
  axis: Axis,
  definition: Definition,
): void {
  const known = axes.get(axis.name);
  // Whether others have the same values is not known yet.
  const isOpen = [known, axis].some((other) => other?.values[0]?.standsFor !== undefined);
  if (!known || (isOpen && known.values[0]?.standsFor === undefined)) axes.set(axis.name, axis);
  else if (isOpen) return;
  else if (known !== axis && valuesKey(known) !== valuesKey(axis)) {
    const message = `The axis "${axis.name}" of the stage "${definition.name}" has other values than one it inherits`;
    const others = known.values.map(({ label }) => label).join(', ');
    const related = [{ message: `The other one has: ${others}`, at: known.at }];
    const hint = `Give them the same values, another name, or select one: stage[${axis.name}=…].port`;
    report({ code: 'axis-mismatch', message, at: axis.at, related, hint });
  }
}

function valuesKey({ values }: Axis): string {
  return JSON.stringify(values.map(({ label, node }) => [label, toJson(node)]).sort());
}

const product = (axes: readonly Axis[]) =>
  axes.reduce((count, { values }) => count * values.length, 1);

function limitStages(
  { report }: LoadContext,
  { name, at }: Definition,
  axes: readonly Axis[],
): readonly Axis[] {
  const count = product(axes);
  if (count <= maximumStages) return axes;
  const message = `The matrix of the stage "${name}" makes ${formatCount(count)} stages, at most ${formatCount(maximumStages)} are allowed`;
  report({ code: 'too-many-stages', message, at });
  return axes.map((axis) => ({ ...axis, values: axis.values.slice(0, 1) }));
}
