import { formatCount } from '../../../format-numbers.ts';
import type { Reporting } from '../../diagnostics/diagnostic.ts';
import {
  fileAxisShape,
  globAxisShape,
  proposedAxisShape,
  rangeAxisShape,
  slotsShape,
  trialsShape,
} from '../schema/yaml-keys.ts';
import { instanceName, isPath, parseStageReference } from '../stage-reference.ts';
import {
  child,
  describeNode,
  isText,
  type MapNode,
  type Node,
  type TextNode,
  toJson,
  withAbsentNulls,
} from '../yaml/node.ts';
import { type AxisList, type PlainAxisValue, standingLabel } from './axis.ts';
import { type AxisFiles, matchesOf, rowsOf, rowsOfSource } from './axis-files.ts';
import type { FileScope } from './definition.ts';
import { drawPoints } from './draw-points.ts';

/** An axis as it is written. */
interface WrittenAxis {
  readonly name: string;
  readonly value: Node;
  readonly scope: FileScope;
}

/** An axis with the values of a list that a stage makes, as it is written. */
interface WrittenList {
  readonly axis: string;
  /** With the file in which its stage is looked up. */
  readonly from: TextNode;
  readonly column: TextNode | undefined;
}

/** The most stages of one pipeline, with all instances. More are a slip in a matrix. */
export const maximumStages = 10_000;

/** Without characters that have a meaning in a stage's name or in a shell. */
const labelPattern = /^[^\s,=@[\]{}()$"'`\\|&;<>*?]{1,100}$/u;

/** The values of an axis in any of its forms; the shape of the stage reports any other. */
export async function readAxisValues(
  files: AxisFiles,
  { name, value, scope }: WrittenAxis,
): Promise<readonly PlainAxisValue[]> {
  const { context } = files;
  if (value.type === 'list') return labelled(context, name, value.items);
  if (value.type === 'scalar') {
    const trials = trialsShape.safeParse(value.value);
    return trials.success
      ? numberedValues(trials.data, value).map((trial) => ({ ...trial, made: 'trial' }))
      : [];
  }
  const json = toJson(value);
  const slots = slotsShape.safeParse(json);
  if (slots.success) return numberedValues(slots.data.count, value);
  const proposed = proposedAxisShape.safeParse(json);
  if (proposed.success) return numberedValues(proposed.data.count, value);
  const glob = child(value, 'glob');
  if (globAxisShape.safeParse(json).success && isText(glob)) {
    return labelled(context, name, await matchesOf(files, glob), value);
  }
  const range = rangeAxisShape.safeParse(json);
  if (range.success) return labelled(context, name, numbersOf(context, value, range.data));
  const from = child(value, 'from');
  if (!fileAxisShape.safeParse(json).success || !isText(from)) {
    return drawPoints(value).map((point) => ({ ...point, made: 'drawn' }));
  }
  const writtenColumn = child(value, 'column');
  const column = isText(writtenColumn) ? writtenColumn : undefined;
  const home = from.home ?? scope;
  if (!isPath(from.value, home.includes)) {
    return valuesOfList(files, { axis: name, from: { ...from, home }, column });
  }
  return labelled(context, name, await rowsOf(files, { from, column }), value);
}

/**
 * The values of a list that a stage makes, in rows or one of their columns. Before it is known, and
 * where it is empty, one value stands for all of them.
 */
function valuesOfList(
  { context, lists }: AxisFiles,
  { axis, from, column }: WrittenList,
): readonly PlainAxisValue[] {
  const reference = parseStageReference(from.value);
  if (reference?.port === undefined) {
    const message = `Expected stage.port or a path for "from" of the axis "${axis}", got ${describeNode(from)}`;
    const hint = `A path has a "/": write "./${from.value}" for a file in the root.`;
    context.report({ code: 'wrong-reference', message, at: from.at, hint });
    return [];
  }
  const { stage, port, selection } = reference;
  const name = instanceName(from.home!.prefix + stage, Object.fromEntries(selection));
  const list: AxisList = { stage: name, port, axis, from };
  const known = lists.find(list);
  if (known === undefined) return [{ ...unknownValue(from), list, standsFor: 'unknown values' }];
  const rows = rowsOfSource(known.source, { from, column }, context.report);
  if (rows?.length === 0) return [{ ...unknownValue(from), list, standsFor: 'no values' }];
  return labelled(context, axis, rows ?? [], from).map((value) => ({ ...value, list }));
}

/** Stands for values that are not known, so that what reads them is no mistake. */
const unknownValue = ({ at }: Node): PlainAxisValue => ({
  label: standingLabel,
  node: { type: 'scalar', value: '', at, unresolved: true },
});

const numberedValues = (count: number, { at }: Node): readonly PlainAxisValue[] =>
  Array.from({ length: count }, (_, index) => ({
    label: String(index + 1),
    node: { type: 'scalar', value: index + 1, at },
  }));

/** Significant digits of a number of a range, so that 0 to 1 by 0.1 has 0.3. */
const digits = 12;

function numbersOf(
  { report }: Reporting,
  { at }: MapNode,
  {
    range: [first, last],
    step = 1,
  }: { readonly range: readonly [number, number]; readonly step?: number | undefined },
): readonly Node[] {
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  if (count > maximumStages) {
    const message = `The range has ${formatCount(count)} values, at most ${formatCount(maximumStages)} are allowed`;
    report({ code: 'too-many-stages', message, at });
    return [];
  }
  return Array.from({ length: count }, (_, index): Node => {
    const value = Number((first + index * step).toPrecision(digits));
    return { type: 'scalar', value, at };
  });
}

/**
 * The values with their labels. Those without one, or with the label of another, are reported. No
 * values of a `file` are a mistake that is reported.
 */
function labelled(
  { report }: Reporting,
  axis: string,
  items: readonly Node[],
  file?: Node,
): readonly PlainAxisValue[] {
  if (items.length === 0 && file !== undefined) return [unknownValue(file)];
  const byLabel = new Map<string, Node>();
  for (const written of items) {
    const item = withAbsentNulls(written.type === 'map' ? withId(written) : written);
    const scalar = item.type === 'map' ? child(item, 'id') : item;
    if (scalar?.type !== 'scalar' || scalar.value === null) {
      const isMap = item.type === 'map';
      const hint = 'Give it an "id", or a first key whose value can be its name.';
      const message = `A value of the axis "${axis}" has no name`;
      // The shape of the stage reports a list or nothing.
      if (isMap) report({ code: 'missing-key', message, at: item.at, hint });
      continue;
    }
    const label = String(scalar.value);
    const same = byLabel.get(label);
    if (same) {
      const related = [{ message: 'The first one is here', at: same.at }];
      const message = `The axis "${axis}" has the value "${label}" twice`;
      const hasOwnId = written.type !== 'map' || written.entries.has('id');
      const hint = hasOwnId ? undefined : 'Give each an "id" of its own.';
      report({ code: 'duplicate-value', message, at: item.at, related, hint });
    } else if (!labelPattern.test(label)) {
      const message = `${describeNode(scalar)} cannot stand in a stage's name`;
      const hint = 'Give the value as a map with a short "id" of letters, digits and "._+-/:".';
      report({ code: 'wrong-name', message, at: scalar.at, hint });
    } else byLabel.set(label, item);
  }
  return Array.from(byLabel, ([label, node]) => ({ label, node }));
}

/** A map with an `id`: by default the value of its first key. */
function withId(map: MapNode): MapNode {
  const [first] = map.entries.values();
  if (map.entries.has('id') || first === undefined) return map;
  if (first.value.type !== 'scalar') return map;
  return { ...map, entries: new Map([['id', first], ...map.entries]) };
}
