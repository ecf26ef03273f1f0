import type { Json, JsonObject } from '../../../json.ts';
import { suggest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import { isUnread, type LoadContext } from '../load-context.ts';
import { substitute } from '../params/substitute.ts';
import { parseStageReference } from '../stage-reference.ts';
import { child, type Entry, type MapNode, type Node, toJson } from '../yaml/node.ts';
import type { Axis, AxisValue } from './axis.ts';
import type { Definition } from './definition.ts';

/** The axes of definitions' own matrices. */
type OwnAxes = Map<Definition, readonly Axis[]>;

/**
 * Gives the axes of proposed trials their values, and each stage that proposes some the same axis.
 * Mistakes are reported; then an axis has no values.
 */
export function connectProposals(
  context: LoadContext,
  definitions: ReadonlyMap<string, Definition>,
  own: OwnAxes,
): void {
  for (const [definition, axes] of [...own]) {
    const connected = axes.flatMap((axis) =>
      axis.proposals === undefined
        ? [axis]
        : connectAxis(context, { axis, definition, definitions, own }),
    );
    const given = own.get(definition)!.slice(axes.length); // as a stage that proposes
    own.set(definition, [...connected, ...given]);
  }
}

/** An axis of trials, and where its stage is looked for. */
interface Connection {
  readonly axis: Axis;
  readonly definition: Definition;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly own: OwnAxes;
}

function connectAxis(context: LoadContext, connection: Connection): readonly Axis[] {
  const { axis, definition, definitions, own } = connection;
  const { by, parallel } = axis.proposals!;
  const home = by.home ?? definition.scope;
  const reference = parseStageReference(by.value);
  const name = home.prefix + (reference?.stage ?? by.value);
  if (isUnread(context, name)) return [];
  const proposer = definitions.get(name);
  const proposes = proposer?.kind?.spec.proposes;
  if (proposer === undefined || proposes === undefined || reference?.port !== proposes.output) {
    const message = `Expected the proposals of a stage for the axis "${axis.name}", got "${by.value}"`;
    const hint =
      proposes === undefined
        ? suggest(name, proposing(definitions))
        : `Write "${reference?.stage}.${proposes.output}".`;
    context.report({ code: 'wrong-reference', message, at: by.at, hint });
    return [];
  }
  const numbers = axis.values.map(({ label }, index): AxisValue => {
    const node: Node = { type: 'scalar', value: index + 1, at: axis.at };
    return { label, node, proposes: { trial: index + 1, parallel } };
  });
  const known = own.get(proposer)!.find((other) => other.name === axis.name);
  if (known === undefined) {
    own.set(proposer, [...own.get(proposer)!, { name: axis.name, values: numbers, at: axis.at }]);
  } else if (known.values.length !== numbers.length || known.values[0]?.proposes === undefined) {
    const message = `The axis "${axis.name}" of the stage "${proposer.name}" has other values`;
    const related = [{ message: 'The other one is here', at: known.at }];
    context.report({ code: 'axis-mismatch', message, at: axis.at, related });
    return [];
  }
  const examples = examplesOf(proposer, axis.at);
  const unlisted = new Set(proposes.unlisted);
  const where = { ...by, home };
  const values = axis.values.map(({ label }, index): AxisValue => {
    const proposal = { trial: index + 1, by: where, examples, unlisted };
    return { label, node: withId(examples[0]!, label), proposal };
  });
  return [{ ...axis, values }];
}

const proposing = (definitions: ReadonlyMap<string, Definition>): readonly string[] =>
  [...definitions.values()].flatMap(({ name, kind }) =>
    kind?.spec.proposes === undefined ? [] : [name],
  );

/** The examples of a stage that proposes; one without values where its settings are wrong. */
function examplesOf({ node, kind, scope }: Definition, at: Span): readonly MapNode[] {
  const { settings, proposes } = kind!.spec;
  const written = child(node, 'with');
  const silent = { report: () => undefined, lookup: scope.params.lookup.bind(scope.params) };
  const given = written && toJson(substitute(written, silent));
  const parsed = settings.safeParse(given ?? {});
  if (!parsed.success) return [{ type: 'map', entries: new Map(), at }];
  return trialNodes(proposes!.examples(parsed.data), at);
}

/** The values of trials as nodes. A parameter that a trial lacks is an absent null there. */
function trialNodes(trials: readonly JsonObject[], at: Span): readonly MapNode[] {
  const names = [...new Set(trials.flatMap((values) => Object.keys(values)))];
  return trials.map((values) => trialNode(values, names, at));
}

/** The values of a trial as a node, with absent nulls for the other `names`. */
export function trialNode(values: JsonObject, names: readonly string[], at: Span): MapNode {
  const entries = names.map((name): [string, Entry] => {
    const value = values[name];
    const absent: Node = { type: 'scalar', value: null, at, absent: true };
    return [name, { keyAt: at, value: value === undefined ? absent : nodeOf(value, at) }];
  });
  return { type: 'map', entries: new Map(entries), at };
}

/** The values with the name of the trial, as in the names of stages. */
export function withId(values: MapNode, label: string): MapNode {
  const id: Node = { type: 'scalar', value: label, at: values.at };
  return {
    ...values,
    entries: new Map([['id', { keyAt: values.at, value: id }], ...values.entries]),
  };
}

function nodeOf(value: Json, at: Span): Node {
  if (value === null || typeof value !== 'object') return { type: 'scalar', value, at };
  if (Array.isArray(value)) {
    return { type: 'list', items: value.map((item: Json) => nodeOf(item, at)), at };
  }
  const entries = Object.entries(value).map(([key, inner]): [string, Entry] => {
    return [key, { keyAt: at, value: nodeOf(inner as Json, at) }];
  });
  return { type: 'map', entries: new Map(entries), at };
}
