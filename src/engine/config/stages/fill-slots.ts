import { labelAlong } from '../../../choice-file.ts';
import { formatList } from '../../../format-numbers.ts';
import { suggest } from '../../../suggest.ts';
import { isUnread, type LoadContext } from '../load-context.ts';
import type { Entry, MapNode, Node } from '../yaml/node.ts';
import type { Axis, Candidate, Combination } from './axis.ts';
import type { Definition } from './definition.ts';

/** The stage that has the candidates for slots, with the axes that it has and inherits. */
export interface CandidateSource {
  readonly of: Definition;
  readonly axes: readonly Axis[];
  /** The combinations of their values that there are. */
  readonly combinations: readonly Combination[];
}

/** The axis of slots as a stage has it, and the names of the stage's other axes. */
export interface SlotAxis {
  readonly definition: Definition;
  readonly axis: Axis;
  readonly others: ReadonlySet<string>;
}

/**
 * The axis with the candidates that may fill its slots; none where they are wrong, which is
 * reported. `source` is undefined for an unknown stage.
 */
export function fillSlots(
  context: LoadContext,
  reader: SlotAxis,
  source: CandidateSource | undefined,
): readonly Axis[] {
  const { axis, definition } = reader;
  const { of, by } = axis.slots!;
  if (isUnread(context, (of.home ?? definition.scope).prefix + of.value)) return [];
  if (source === undefined) {
    const message = `Expected a stage in "of", got "${of.value}"`;
    context.report({ code: 'wrong-reference', message, at: of.at });
    return [];
  }
  const names = candidateAxes(reader, source.axes);
  if (isMistaken(context, reader, source, names)) return [];
  const rivals = candidatesOf(source, names);
  const open = source.axes.find(
    ({ name, values }) => names.includes(name) && values[0]?.standsFor !== undefined,
  );
  // Which candidates there are is not known yet.
  if (open !== undefined) {
    const { list, standsFor, node } = open.values[0]!;
    const made = { node, list: list!, standsFor: standsFor! };
    return [{ ...axis, values: axis.values.map(({ label }) => ({ label, ...made })) }];
  }
  if (rivals.length < axis.values.length) {
    const message = `There are ${axis.values.length} slots, but the stage "${of.value}" has only ${rivals.length} ${names.length === source.axes.length ? 'instances' : 'candidates'}`;
    context.report({ code: 'wrong-reference', message, at: of.at });
    return [];
  }
  const first = source.axes.find(({ name }) => name === names[0])!;
  const { choices: earlier = [], among = rivals } = first.values[0]!.slot ?? {};
  const own = { by: { ...by, home: by.home ?? definition.scope }, of: source.of, axes: names };
  const choices = [own, ...earlier];
  const values = axis.values.map(({ label }, index) => {
    return { label, node: among[0]!.node, slot: { index, choices, among, rivals } };
  });
  return [{ ...axis, values }];
}

/**
 * The axes along which the candidates for slots lie: those that the file names, else those of the
 * candidates' stage that the stage of the slots does not have.
 */
export function candidateAxes(
  { axis: { slots }, others }: Pick<SlotAxis, 'axis' | 'others'>,
  candidates: readonly Axis[],
): readonly string[] {
  if (slots!.axes !== undefined) return slots!.axes.map(({ value }) => value);
  return candidates.map(({ name }) => name).filter((name) => !others.has(name));
}

/** Reports axes along which no candidates can lie. */
function isMistaken(
  { report }: LoadContext,
  { axis: { slots } }: SlotAxis,
  { axes }: CandidateSource,
  names: readonly string[],
): boolean {
  const { of, axes: written } = slots!;
  const known = axes.map(({ name }) => name);
  const unknown = written?.find(({ value }) => !known.includes(value));
  const wrong = (message: string, hint?: string) => {
    report({ code: 'wrong-reference', message, at: of.at, hint });
    return true;
  };
  if (unknown !== undefined) {
    const message = `The stage "${of.value}" has no axis "${unknown.value}"`;
    const hint = suggest(unknown.value, known);
    report({ code: 'unknown-axis', message, at: unknown.at, hint });
    return true;
  }
  if (axes.some(({ values }) => values[0]?.proposal !== undefined))
    return wrong(
      `Slots cannot take the trials of a search, as "${of.value}" has: its "halving" lets the best go further`,
    );
  if (known.length === 0)
    return wrong(`Slots take the values of one axis, but the stage "${of.value}" has 0`);
  if (written === undefined && names.length !== 1) {
    const hint = `Name those by whose values "by" names a candidate: axes: [${names[0] ?? known[0]}]. Others may be pooled.`;
    return wrong(
      `The stage "${of.value}" has the axes ${formatList(known)}, and the slots do not say which of them are chosen`,
      hint,
    );
  }
  const ofSlots = axes.find(({ name, slots }) => slots !== undefined && names.includes(name));
  if (ofSlots === undefined || names.length === 1) return false;
  return wrong(
    `"${ofSlots.name}" of the stage "${of.value}" has slots, so it must be chosen alone`,
  );
}

/** The candidates of a stage along some of its axes, in the order of its instances. */
function candidatesOf(
  { combinations }: CandidateSource,
  names: readonly string[],
): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const combination of combinations) {
    const labels = Object.fromEntries(names.map((name) => [name, combination.get(name)!.label]));
    const label = labelAlong(labels, names)!;
    if (!candidates.has(label))
      candidates.set(label, { label, labels, ...valueAlong(combination, names, label) });
  }
  return [...candidates.values()];
}

/** The value on one axis; of several, a map of the values by the names of the axes. */
function valueAlong(
  combination: Combination,
  names: readonly string[],
  label: string,
): Pick<Candidate, 'node' | 'made'> {
  const { node, made } = combination.get(names[0]!)!;
  if (names.length === 1) return { node, ...(made && { made }) };
  const { at } = node;
  const id: Node = { type: 'scalar', value: label, at };
  const values = names.map(
    (name) => [name, { keyAt: at, value: combination.get(name)!.node }] as const,
  );
  const map: MapNode = {
    type: 'map',
    entries: new Map<string, Entry>([['id', { keyAt: at, value: id }], ...values]),
    at,
  };
  return { node: map };
}
