import type { LoadContext } from '../load-context.ts';
import { ChosenExtends } from '../params/chosen-extends.ts';
import type { Params, SetParam } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import { loadReferred } from '../yaml/load-document.ts';
import {
  child,
  describeNode,
  entriesOf,
  isText,
  itemsOf,
  type MapNode,
  mapScalars,
  type Node,
  type TextNode,
} from '../yaml/node.ts';
import { checkName } from './check-name.ts';
import type { Definition, FileScope } from './definition.ts';

/**
 * A file that is being read: the prefix of its stages, and values for its parameters and those of
 * files that it includes.
 */
export interface OpenFile {
  /** The absolute paths of the files that lead to it, itself the last. */
  readonly chain: readonly string[];
  readonly document: MapNode;
  readonly settings: readonly SetParam[];
  readonly prefix: string;
  /** What chose the files that it extends. */
  readonly choice: ChosenExtends;
}

/** What a pipeline writes below a name of `include`. */
interface Include {
  readonly file: TextNode;
  /** Values for parameters of the included file. */
  readonly values: readonly SetParam[];
  readonly onDemand: boolean;
  /** Stages that all stages of the included file wait for. */
  readonly after: readonly TextNode[];
  /** Its name, if its `when` leaves its stages out. */
  readonly leftOut: string | undefined;
}

/**
 * The files that an open file includes, in its order. Adds their names to `includes`, and the
 * prefixes of those that cannot be read, which are reported, to the context's `unread`.
 */
export function* openIncludes(
  context: LoadContext,
  { chain, document, settings, prefix }: OpenFile,
  scope: FileScope,
  includes: Set<string>,
): Generator<{ readonly include: Include; readonly file: OpenFile }> {
  for (const [name, { keyAt, value }] of entriesOf(child(document, 'include'))) {
    if (!checkName(context, name, keyAt, 'pipeline')) continue;
    includes.add(name);
    const below = `${prefix}${name}/`;
    const include = readInclude(value, scope, below);
    // The command line has the last word.
    const values = [...(include?.values ?? []), ...settings];
    const choice = new ChosenExtends(values.filter((value) => value.prefix === below));
    const included =
      include && loadReferred(context, chain, include.file, { verb: 'include', choice });
    if (!included) {
      context.unread.add(below);
      continue;
    }
    yield { include, file: { ...included, settings: values, prefix: below, choice } };
  }
}

/**
 * Reads `simple-net.yaml` or `{ file, params, onDemand, after }`; the shape of the pipeline reports
 * anything else.
 */
function readInclude(node: Node, scope: FileScope, prefix: string): Include | undefined {
  const { params } = scope;
  const written = node.type === 'map' ? child(node, 'file') : node;
  const file = written && substitute(written, params);
  if (!isText(file)) return undefined;
  const home = { prefix: scope.prefix, includes: scope.includes };
  // A text that another file gave keeps its home.
  const atHome = (value: Node) =>
    mapScalars(substitute(value, params), (text) =>
      text.home || !isText(text) ? text : { ...text, home },
    );
  const values = Array.from(entriesOf(child(node, 'params')), ([name, { keyAt, value }]) => {
    return { prefix, path: [name], at: keyAt, value: atHome(value) };
  });
  const onDemandNode = child(node, 'onDemand');
  const onDemand = onDemandNode?.type === 'scalar' && onDemandNode.value === true;
  const names = child(node, 'after');
  const after = itemsOf(names && atHome(names));
  for (const item of after) {
    const message = `Expected the name of a stage in "after", got ${describeNode(item)}`;
    if (!isText(item)) params.report({ code: 'wrong-type', message, at: item.at });
  }
  const leftOut = isWanted(child(node, 'when'), params) ? undefined : prefix.slice(0, -1);
  return { file, values, onDemand, after: after.filter(isText), leftOut };
}

/** What `when` says. Anything but true or false, which is reported, counts as true. */
function isWanted(node: Node | undefined, params: Params): boolean {
  const when = node && substitute(node, params);
  if (when === undefined || (when.type === 'scalar' && when.unresolved)) return true;
  if (when.type === 'scalar' && typeof when.value === 'boolean') return when.value;
  const message = `Expected true or false for "when", got ${describeNode(when)}`;
  params.report({ code: 'wrong-type', message, at: when.at });
  return true;
}

/** A stage of an included file, with what the including file asks of all its stages. */
export function asIncluded(
  definition: Definition,
  { onDemand, after, leftOut }: Include,
): Definition {
  const { node, at } = definition;
  const value: Node = { type: 'scalar', value: true, at };
  const entries = onDemand
    ? new Map(node.entries).set('onDemand', { keyAt: at, value })
    : node.entries;
  return {
    ...definition,
    node: { ...node, entries },
    after: [...after, ...definition.after],
    ...(leftOut !== undefined && { leftOutBy: leftOut }),
  };
}
