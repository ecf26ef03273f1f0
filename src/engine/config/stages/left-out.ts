import type { StageName } from '../pipeline.ts';
import { isPath, parseStageReference, readName } from '../stage-reference.ts';
import { child, entriesOf, isText, itemsOf, type TextNode } from '../yaml/node.ts';
import type { Definition } from './definition.ts';
import { findAgreeing, type Instance, type Instances } from './instances.ts';

/**
 * Leaves out the instances that lack an input because all stages that it names are left out, or
 * excluded from their matrix, and those that need these.
 */
export function withoutStarved(instances: Instances): Instances {
  let remaining = instances;
  // Where every combination is there, no reference leads to nothing but by a mistake.
  if (!hasGaps(instances)) return instances;
  for (;;) {
    const starved = new Map<Instance, string>();
    for (const instance of remaining.all) {
      const source = missingSource(remaining, instance);
      if (source !== undefined) starved.set(instance, source);
    }
    if (starved.size === 0) return remaining;
    remaining = without(remaining, starved);
  }
}

const hasGaps = ({ leftOut, byDefinition, axes }: Instances): boolean =>
  leftOut.size > 0 ||
  [...byDefinition].some(([definition, made]) => {
    const product = axes.get(definition)!.reduce((size, { values }) => size * values.length, 1);
    return made.length < product;
  });

function without(instances: Instances, starved: ReadonlyMap<Instance, string>): Instances {
  const leftOut = new Map<StageName, string>(instances.leftOut);
  const sources = new Set([...leftOut.keys()].map((name) => readName(name).stage));
  for (const [{ name }, source] of starved) {
    // One that needs an excluded combination is none that anybody misses.
    if (sources.has(source)) leftOut.set(name, `it needs ${source}`);
  }
  const isLeft = (instance: Instance) => !starved.has(instance);
  const byDefinition = new Map<Definition, readonly Instance[]>();
  for (const [definition, made] of instances.byDefinition) {
    byDefinition.set(definition, made.filter(isLeft));
  }
  const all = instances.all.filter(isLeft);
  const byName = new Map(all.map((instance) => [instance.name, instance]));
  return { ...instances, all, byDefinition, byName, leftOut };
}

/** The stage that is left out, though the instance needs it; undefined where it lacks none. */
function missingSource(instances: Instances, reader: Instance): string | undefined {
  const { kind } = reader.definition;
  const ports = [...entriesOf(child(reader.node, 'inputs'))].filter(
    ([port]) => kind?.spec.inputs[port]?.optional !== true,
  );
  const choices = [...reader.axes.values()].flatMap(({ slot }) => slot?.choices ?? []);
  const lists = [...reader.axes.values()].flatMap(({ list }) => list ?? []);
  const needs = [
    ...ports.map(([, { value }]) => itemsOf(value).filter(isText)),
    ...choices.map(({ by }) => [by]),
    ...lists.map(({ from }) => [from]),
  ];
  for (const texts of needs) {
    const gone = texts.map((text) => goneStage(instances, reader, text));
    if (gone.length > 0 && gone.every((stage) => stage !== undefined)) return gone[0];
  }
  return undefined;
}

/** The stage that a text names, if the reader finds none of its instances. */
function goneStage(
  instances: Instances,
  reader: Instance,
  { value, home = reader.definition.scope, unresolved }: TextNode,
): string | undefined {
  if (unresolved || isPath(value, home.includes)) return undefined;
  const reference = parseStageReference(value);
  const definition = reference && instances.definitions.get(home.prefix + reference.stage);
  if (reference === undefined || definition === undefined) return undefined;
  if (
    !instances.byDefinition.has(definition) ||
    !isAxisKnown(instances, definition, reference.selection)
  )
    return undefined;
  const isGone = findAgreeing(instances, definition, reference, reader).length === 0;
  return isGone ? definition.name : undefined;
}

/** A selection of an axis or value that there is not is a mistake, which is reported later. */
function isAxisKnown(
  { axes }: Instances,
  definition: Definition,
  selection: ReadonlyMap<string, string>,
): boolean {
  return [...selection].every(([axis, label]) => {
    const values = axes.get(definition)!.find(({ name }) => name === axis)?.values ?? [];
    return values.some((value) => value.label === label || value.standsFor !== undefined);
  });
}
