import { formatCount } from '../../../format-numbers.ts';
import { didYouMean } from '../../../suggest.ts';
import type { LoadContext } from '../load-context.ts';
import { instanceScope } from '../params/params.ts';
import type { Scope } from '../params/scope.ts';
import { substitute, substituteShell } from '../params/substitute.ts';
import type { LocatedOutput, StageName } from '../pipeline.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { type StageShape, stageShape } from '../schema/yaml-keys.ts';
import { instanceName, type StageReference } from '../stage-reference.ts';
import {
  child,
  type Entry,
  entriesOf,
  isText,
  type MapNode,
  mapEntries,
  mapItems,
  type Node,
  toJson,
  withMeantKeys,
} from '../yaml/node.ts';
import { measureNode } from '../yaml/tree-size.ts';
import { type Axis, type Combination, standingLabel } from './axis.ts';
import type { AxisFiles } from './axis-files.ts';
import { listName, noValues } from './axis-lists.ts';
import { maximumStages } from './axis-values.ts';
import type { Definition } from './definition.ts';
import { combinations, readMatrices } from './matrix.ts';
import { resolveOutputs } from './outputs.ts';
import { paramsOf } from './param-axes.ts';

/**
 * A definition with a value for each of its axes, with its `${…}` replaced, and its outputs, which
 * its readers need.
 */
export interface Instance {
  readonly name: StageName;
  readonly definition: Definition;
  readonly axes: Combination;
  readonly node: MapNode;
  /** Absent where the shape is wrong, which is reported. */
  readonly shape?: StageShape;
  readonly outputs: readonly LocatedOutput[];
}

/** All instances of a pipeline, with lookups. */
export interface Instances {
  readonly all: readonly Instance[];
  readonly byDefinition: ReadonlyMap<Definition, readonly Instance[]>;
  readonly byName: ReadonlyMap<string, Instance>;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly axes: ReadonlyMap<Definition, readonly Axis[]>;
  /** Why the instances that there are not are left out, as a clause, by their names. */
  readonly leftOut: ReadonlyMap<StageName, string>;
}

/**
 * The most values of all stages together, with parameters expanded: far more than any real pipeline
 * has.
 */
const maximumValues = 2_000_000;

/** Makes the instances of all definitions, in the order of the file. `pipeline` is its name. */
export async function makeInstances(
  files: AxisFiles,
  list: readonly Definition[],
  pipeline: string,
): Promise<Instances> {
  const { context } = files;
  const { report } = context;
  const definitions = new Map(list.map((definition) => [definition.name, definition]));
  const { axes, rules } = await readMatrices(files, definitions);
  const byDefinition = new Map<Definition, Instance[]>();
  const leftOut = new Map<StageName, string>();
  const all: Instance[] = [];
  let values = 0;
  for (const definition of list) {
    const made: Instance[] = [];
    const wanted = rules.get(definition)!.allowed(combinations(axes.get(definition)!));
    if (all.length + wanted.length > maximumStages) {
      const message = `The pipeline has more than ${formatCount(maximumStages)} stages`;
      report({ code: 'too-many-stages', message, at: definition.at });
      continue;
    }
    byDefinition.set(definition, made);
    for (const [index, combination] of wanted.entries()) {
      const name = instanceName(definition.name, labelsOf(combination));
      if (definition.leftOutBy !== undefined) {
        leftOut.set(name, `the "when" of "${definition.leftOutBy}" is false`);
        continue;
      }
      const empty = emptyList(combination);
      if (empty !== undefined) {
        leftOut.set(name, `${empty} ${noValues}`);
        continue;
      }
      const written = substituteStage(context, definition, combination, index === 0);
      values += measureNode(written).size;
      if (values > maximumValues) break;
      const shape = parseShape(context, definition, written, definitions);
      if (shape?.when === false) {
        leftOut.set(name, 'its "when" is false');
        continue;
      }
      const node = shape ? written : withMeantKeys(written, Object.keys(stageShape.shape));
      const outputs = resolveOutputs(context, { name, definition, node }, pipeline);
      made.push({ name, definition, axes: combination, node, outputs, ...(shape && { shape }) });
    }
    all.push(...made);
    if (values > maximumValues) {
      const message = `Stages hold more than ${formatCount(maximumValues)} values together`;
      report({ code: 'alias-bomb', message, at: definition.at });
      break;
    }
  }
  const byName = new Map(all.map((instance) => [instance.name, instance]));
  return { all, byDefinition, byName, definitions, axes, leftOut };
}

/** The labels of axis values, by axis. */
export function labelsOf(axes: Combination): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(axes, ([name, { label }]) => [name, label]));
}

/**
 * The instances that a reference means: those that agree with its selection and with the reader's
 * own axis values.
 */
export function findAgreeing(
  { byDefinition, byName }: Instances,
  definition: Definition,
  { selection }: StageReference,
  reader: Instance,
): readonly Instance[] {
  const all = byDefinition.get(definition) ?? [];
  const axes = [...(all[0]?.axes ?? [])];
  const fixed = axes.flatMap(([axis, { standsFor }]) => {
    const own = reader.axes.get(axis);
    const label = selection.get(axis) ?? own?.label;
    if (label === undefined) return [];
    // Any value may be among those that are not known.
    if (standsFor !== undefined) return [[axis, standingLabel] as const];
    const isOpen = own?.standsFor !== undefined && !selection.has(axis);
    return isOpen ? [] : [[axis, label] as const];
  });
  if (fixed.length < axes.length) {
    return all.filter(({ axes }) =>
      fixed.every(([axis, label]) => axes.get(axis)?.label === label),
    );
  }
  // A shortcut for the usual case, since a pipeline may have thousands of instances.
  const instance = byName.get(instanceName(definition.name, Object.fromEntries(fixed)));
  return instance ? [instance] : [];
}

/**
 * The stage's map with its `${…}` replaced. Only the first instance is checked `withMatrix`: it is
 * needed no more.
 */
export function substituteStage(
  { report }: LoadContext,
  definition: Definition,
  axes: Combination,
  withMatrix: boolean,
): MapNode {
  const { node, kind } = definition;
  const scope = instanceScope(paramsOf(definition, axes), axes, report);
  const written = withMatrix
    ? node
    : { ...node, entries: new Map([...node.entries].filter(([key]) => key !== 'matrix')) };
  const ports = (side: 'inputs' | 'outputs') =>
    new Set([...Object.keys(kind?.spec[side] ?? {}), ...entriesOf(child(node, side)).keys()]);
  const setting = (value: Node, key: string): Node => {
    if (!kind?.spec.shell?.includes(key)) return substitute(value, scope);
    return isText(value)
      ? substituteShell(value, { inputs: ports('inputs'), outputs: ports('outputs') }, scope)
      : substitute(value, withoutPorts(key, scope));
  };
  return mapEntries(written, (value, key) =>
    key === 'with' && value.type === 'map'
      ? withoutAbsent(mapEntries(value, setting))
      : substitute(value, scope),
  );
}

/** The name of the list without values of an axis; undefined where all have some. */
function emptyList(axes: Combination): string | undefined {
  const empty = [...axes.values()].find(({ standsFor }) => standsFor === 'no values');
  return empty?.list && listName(empty.list);
}

/** Settings without those that have a value that a record of an axis, or a trial, lacks. */
function withoutAbsent(map: MapNode): MapNode {
  const isAbsent = ({ value }: Entry) => value.type === 'scalar' && value.absent === true;
  const kept = [...map.entries].filter(([, entry]) => !isAbsent(entry));
  const fewer = kept.length < map.entries.size ? { ...map, entries: new Map(kept) } : map;
  return mapEntries(fewer, withoutAbsentInside);
}

/** An item of a list stays, since the places of those after it would change. */
function withoutAbsentInside(value: Node): Node {
  if (value.type === 'map') return withoutAbsent(value);
  return value.type === 'list' ? mapItems(value, withoutAbsentInside) : value;
}

/** A scope for a setting that could name ports as a text, and is a map. */
function withoutPorts(key: string, scope: Scope): Scope {
  const lookup: Scope['lookup'] = (name, at, report) => {
    if (!/^(inputs|outputs)\./.test(name)) return scope.lookup(name, at, report);
    const message = `A map under "${key}" cannot name "\${${name}}"`;
    const hint = `Write it as a text, which can: ${key}: "--x \${${name}}"`;
    return scope.report({ code: 'unknown-variable', message, at, hint });
  };
  return { ...scope, lookup };
}

function parseShape(
  { report }: LoadContext,
  definition: Definition,
  node: MapNode,
  definitions: ReadonlyMap<string, Definition>,
): StageShape | undefined {
  const parsed = stageShape.safeParse(toJson(node));
  if (parsed.success) return parsed.data;
  const subject = { node, schema: stageShape, prefix: '', at: definition.at };
  for (const mistake of explainIssues(parsed.error.issues, subject)) {
    const lacksKind = mistake.code === 'missing-key' && mistake.at === definition.at;
    report(
      lacksKind
        ? { ...mistake, hint: extendedStage(definition, definitions) ?? mistake.hint }
        : mistake,
    );
  }
  return undefined;
}

/** A hint for a stage without a kind, which was meant to change one of an extended file. */
function extendedStage(
  { name, at, scope }: Definition,
  all: ReadonlyMap<string, Definition>,
): string | undefined {
  const extended = [...all.values()].filter(
    (definition) => definition.scope === scope && definition.at.file.path !== at.file.path,
  );
  const { length } = scope.prefix;
  const names = extended.map((definition) => definition.name.slice(length));
  return didYouMean(name.slice(length), names);
}
