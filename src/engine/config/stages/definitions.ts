import { suggest } from '../../../suggest.ts';
import type { Reporting, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import type { KnownKind, LoadContext } from '../load-context.ts';
import { Params, type SetParam, setParams } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { pipelineShape } from '../schema/yaml-keys.ts';
import { loadReferred } from '../yaml/load-document.ts';
import {
  child,
  describeNode,
  type Entry,
  entriesOf,
  type Home,
  isText,
  itemsOf,
  type MapNode,
  mapScalars,
  type Node,
  type TextNode,
  textOf,
  toJson,
  withMeantKeys,
} from '../yaml/node.ts';

/**
 * Names of stages, ports, axes and included pipelines: without characters that have a meaning in a
 * reference.
 */
export const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

/** What belongs to one file, for itself and the stages in it. */
export interface FileScope extends Home {
  readonly params: Params;
  /** The file itself, not one that it extends. */
  readonly file: SourceFile;
  /** Names of parameters that the command line or the including file sets. */
  readonly set: ReadonlySet<string>;
}

/** A stage as it is written, before its matrix makes one or more instances of it. */
export interface Definition {
  /** With the prefix of its file: `sn/fit`. */
  readonly name: string;
  readonly scope: FileScope;
  readonly node: MapNode;
  readonly at: Span;
  /** Absent for a missing or unknown kind, which is reported. */
  readonly kind?: KnownKind;
  /** Stages that the including file makes it wait for, beside its own `after`. */
  readonly after: readonly TextNode[];
}

/**
 * A file that is being read: the prefix of its stages, and values for its parameters and those of
 * files that it includes.
 */
interface OpenFile {
  /** The absolute paths of the files that lead to it, itself the last. */
  readonly chain: readonly string[];
  readonly document: MapNode;
  readonly settings: readonly SetParam[];
  readonly prefix: string;
}

/**
 * All stages of a file and of those that it includes, included ones first; and the file's own
 * scope.
 */
export function collectDefinitions(
  context: LoadContext,
  { chain, document: written, settings, prefix }: OpenFile,
): { readonly scope: FileScope; readonly definitions: readonly Definition[] } {
  const { report } = context;
  const parsed = pipelineShape.safeParse(toJson(written));
  const subject = { node: written, schema: pipelineShape, prefix: '', at: written.at };
  if (!parsed.success) explainIssues(parsed.error.issues, subject).forEach(report);
  const document = parsed.success
    ? written
    : withMeantKeys(written, Object.keys(pipelineShape.shape));
  const ownSettings = settings.filter((setting) => setting.prefix === prefix);
  const params = new Params(setParams(child(document, 'params'), ownSettings, report), report);
  params.resolveAll();
  const definitions: Definition[] = [];
  const includes = new Set<string>();
  const set = new Set(ownSettings.flatMap(({ path }) => path.slice(0, 1)));
  const scope: FileScope = { prefix, params, includes, file: document.at.file, set };
  for (const [name, { keyAt, value }] of entriesOf(child(document, 'include'))) {
    if (!checkName(context, name, keyAt, 'pipeline')) continue;
    includes.add(name);
    const below = `${prefix}${name}/`;
    const include = readInclude(value, scope, below);
    const included = include && loadReferred(context, chain, include.file, 'include');
    if (!included) {
      context.unread.add(below);
      continue;
    }
    // The command line has the last word.
    const open = { ...included, settings: [...include.values, ...settings], prefix: below };
    definitions.push(
      ...collectDefinitions(context, open).definitions.map((definition) =>
        asIncluded(definition, include),
      ),
    );
  }
  for (const [name, entry] of entriesOf(child(document, 'stages'))) {
    const definition =
      checkName(context, name, entry.keyAt, 'stage') && define(context, scope, name, entry);
    if (definition) definitions.push(definition);
  }
  return { scope, definitions };
}

/**
 * Reads `simple-net.yaml` or `{ file, params, onDemand, after }`; the shape of the pipeline reports
 * anything else.
 */
function readInclude(node: Node, scope: FileScope, prefix: string) {
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
  return { file, values, onDemand, after: after.filter(isText) };
}

function asIncluded(
  definition: Definition,
  { onDemand, after }: NonNullable<ReturnType<typeof readInclude>>,
) {
  const { node, at } = definition;
  const value: Node = { type: 'scalar', value: true, at };
  const entries = onDemand
    ? new Map(node.entries).set('onDemand', { keyAt: at, value })
    : node.entries;
  return { ...definition, node: { ...node, entries }, after: [...after, ...definition.after] };
}

/** The definition of a stage; undefined for one that is no map, which is reported. */
function define(
  context: LoadContext,
  scope: FileScope,
  name: string,
  { keyAt: at, value: node }: Entry,
) {
  if (node.type !== 'map') {
    const message = `Expected a map for the stage "${name}", got ${describeNode(node)}`;
    return context.report({ code: 'wrong-type', message, at });
  }
  const written = child(node, 'kind');
  const named = written && substitute(written, scope.params);
  const isResolved = named?.type === 'scalar' && !named.unresolved;
  // The shape of the stage reports any other.
  const kindName = isResolved ? textOf(named) : undefined;
  const kind = kindName === undefined ? undefined : findKind(context, kindName, named!.at);
  return {
    name: scope.prefix + name,
    scope,
    node,
    at,
    after: [],
    ...(kind && { kind }),
  } satisfies Definition;
}

function findKind(
  { kinds, unloaded, report }: LoadContext,
  name: string,
  at: Span,
): KnownKind | undefined {
  const kind = kinds.get(name);
  if (kind) return kind;
  const broken = unloaded.get(name);
  if (broken !== undefined) return report({ ...broken, at });
  return report({
    code: 'unknown-kind',
    message: `Unknown kind "${name}"`,
    at,
    hint: suggest(name, kinds.keys()),
  });
}

/** Whether a name is valid; reports one that is not. `what` says what it names, such as `stage`. */
export function checkName({ report }: Reporting, name: string, at: Span, what: string): boolean {
  if (namePattern.test(name) && name.length <= 100) return true;
  const message = `"${name.slice(0, 60)}" is not a valid name for a ${what}`;
  const hint = 'A name has letters, digits, "_" and "-", at most 100, and does not begin with "-".';
  report({ code: 'wrong-name', message, at, hint });
  return false;
}
