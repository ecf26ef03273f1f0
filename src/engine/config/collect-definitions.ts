import { suggest } from '../../suggest.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Definition, type FileScope, namePattern } from './definition.ts';
import type { KnownKind, LoadContext } from './load-context.ts';
import { Params } from './params/params.ts';
import { type Include, readInclude } from './params/read-include.ts';
import { type SetParam, setParams } from './params/set-params.ts';
import { substitute } from './params/substitute.ts';
import { explainIssues } from './schema/explain-issues.ts';
import { pipelineShape } from './schema/shapes.ts';
import { type Ancestry, loadReferred } from './yaml/load-document.ts';
import { child, describeNode, type MapNode, type Node, textOf } from './yaml/located.ts';

/** Every stage of a file and of those it includes, the included ones first; and the file's own scope. */
export function collectDefinitions(
  context: LoadContext,
  file: Ancestry,
  document: MapNode,
  settings: readonly SetParam[],
  prefix = '',
): { readonly scope: FileScope; readonly definitions: readonly Definition[] } {
  checkTopLevel(context, document);
  const own = settings.filter((setting) => setting.prefix === prefix);
  const params = new Params(setParams(child(document, 'params'), own, context.report), context.report);
  params.resolveAll();
  const definitions: Definition[] = [];
  const includes = new Set<string>();
  const include = child(document, 'include');
  for (const [name, { keyAt, value }] of include?.type === 'map' ? include.entries : []) {
    if (!checkName(context, name, keyAt, 'pipeline')) continue;
    includes.add(name);
    const below = `${prefix}${name}/`;
    const one = readInclude(value, params, { prefix, includes }, below);
    if (!one) continue;
    const reference = { path: one.file.value, at: one.file.at };
    const included = loadReferred(context, file, reference, 'include');
    if (!included) continue;
    // The command line has the last word.
    const brought = collectDefinitions(
      context,
      included.file,
      included.document,
      [...one.values, ...settings],
      below,
    ).definitions;
    definitions.push(...brought.map((definition) => asIncluded(definition, one)));
  }
  const set = new Set(own.flatMap(({ path }) => path.slice(0, 1)));
  const scope = { prefix, params, includes, file: document.at.file, set };
  const stages = child(document, 'stages');
  for (const [name, { keyAt, value }] of stages?.type === 'map' ? stages.entries : []) {
    if (!checkName(context, name, keyAt, 'stage')) continue;
    if (value.type === 'map') definitions.push(define(context, scope, name, value, keyAt));
    else {
      const message = `Expected a map for the stage "${name}", got ${describeNode(value)}`;
      context.report({ code: 'wrong-type', message, at: keyAt });
    }
  }
  return { scope, definitions };
}

function checkTopLevel({ report }: LoadContext, node: MapNode): void {
  const parsed = pipelineShape.safeParse(topLevelJson(node));
  if (parsed.success) return;
  explainIssues(parsed.error.issues, { node, schema: pipelineShape, prefix: '', at: node.at }).forEach(report);
}

/** The top level alone: what is in `params` and in the stages is looked at where it is used. */
function topLevelJson(node: MapNode): unknown {
  const shallow = (value: Node, depth: number): unknown => {
    if (value.type === 'scalar') return value.value;
    if (value.type === 'list' || depth === 0) return value.type === 'list' ? [] : {};
    return Object.fromEntries(Array.from(value.entries, ([key, entry]) => [key, shallow(entry.value, depth - 1)]));
  };
  const depthOf = (key: string) => (key === 'include' ? 2 : 1);
  return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, shallow(value, depthOf(key))]));
}

/** A stage of an included pipeline as the including file wants it: run on demand, whatever its own file says, and after others. */
function asIncluded(definition: Definition, { onDemand, after }: Include): Definition {
  const { node, at } = definition;
  const value: Node = { type: 'scalar', value: true, at };
  const entries = onDemand ? new Map(node.entries).set('onDemand', { keyAt: at, value }) : node.entries;
  return { ...definition, node: { ...node, entries }, after: [...after, ...definition.after] };
}

function define(context: LoadContext, scope: FileScope, name: string, node: MapNode, at: Definition['at']): Definition {
  const written = child(node, 'kind');
  // The shape of the stage says it when there is no kind or it is no text.
  const named = written && substitute(written, scope.params);
  const kindName = named?.type === 'scalar' && named.unresolved ? undefined : textOf(named);
  const kind = kindName === undefined ? undefined : findKind(context, kindName, named!.at);
  return { name: scope.prefix + name, scope, node, at, after: [], ...(kind ? { kind } : {}) };
}

function findKind(
  { kinds, unloaded, report }: LoadContext,
  name: string,
  at: Diagnostic['at'] & object,
): KnownKind | undefined {
  const kind = kinds.get(name);
  if (kind) return kind;
  const known = unloaded.get(name);
  if (known) {
    report({ ...known, at });
    return undefined;
  }
  const hint = suggest(name, kinds.keys());
  report({ code: 'unknown-kind', message: `Unknown kind "${name}"`, at, ...(hint ? { hint } : {}) });
  return undefined;
}

function checkName({ report }: LoadContext, name: string, at: Definition['at'], what: string): boolean {
  if (namePattern.test(name) && name.length <= 100) return true;
  const message = `"${name.slice(0, 60)}" is no name for a ${what}`;
  const hint = 'A name has letters, digits, "_" and "-", at most 100, and does not begin with "-".';
  report({ code: 'wrong-name', message, at, hint });
  return false;
}
