import { suggest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { KnownKind, LoadContext } from '../load-context.ts';
import type { CommandLine } from '../params/command-line.ts';
import { Params, setParams } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { pipelineShape } from '../schema/yaml-keys.ts';
import {
  child,
  describeNode,
  type Entry,
  entriesOf,
  textOf,
  toJson,
  withMeantKeys,
} from '../yaml/node.ts';
import { checkName } from './check-name.ts';
import type { Definition, FileScope } from './definition.ts';
import { asIncluded, type OpenFile, openIncludes } from './include-pipelines.ts';
import { withAxis } from './param-axes.ts';
import { withSetting } from './set-setting.ts';

/** What the command line changes of stages. */
type StageChanges = Pick<CommandLine, 'settings' | 'axes'>;

/**
 * All stages of a file and of those that it includes, included ones first; and the file's own
 * scope.
 */
export function collectDefinitions(
  context: LoadContext,
  { chain, document: written, settings, prefix, choice }: OpenFile,
  { settings: stageSettings, axes }: StageChanges,
): { readonly scope: FileScope; readonly definitions: readonly Definition[] } {
  const { report } = context;
  const parsed = pipelineShape.safeParse(toJson(written));
  const subject = { node: written, schema: pipelineShape, prefix: '', at: written.at };
  if (!parsed.success) explainIssues(parsed.error.issues, subject).forEach(report);
  const document = parsed.success
    ? written
    : withMeantKeys(written, Object.keys(pipelineShape.shape));
  const ownSettings = settings.filter((setting) => setting.prefix === prefix);
  const paramsNode = setParams(child(document, 'params'), ownSettings, report);
  const params = new Params(paramsNode, report);
  params.resolveAll();
  for (const name of choice.read) params.lookup(`params.${name}`, document.at, () => undefined);
  const definitions: Definition[] = [];
  const includes = new Set<string>();
  const set = new Set(ownSettings.flatMap(({ path }) => path.slice(0, 1)));
  const scope: FileScope = {
    prefix,
    params,
    written: paramsNode,
    variants: new Map(),
    includes,
    file: document.at.file,
    set,
  };
  const opened = { chain, document, settings, prefix, choice };
  for (const { include, file } of openIncludes(context, opened, scope, includes)) {
    const included = collectDefinitions(context, file, {
      settings: stageSettings,
      axes,
    }).definitions;
    definitions.push(...included.map((definition) => asIncluded(definition, include)));
  }
  let ofFile: readonly Definition[] = [];
  for (const [name, entry] of entriesOf(child(document, 'stages'))) {
    const definition =
      checkName(context, name, entry.keyAt, 'stage') && define(context, scope, name, entry);
    if (!definition) continue;
    const changes = stageSettings.filter(({ stage }) => stage === definition.name);
    ofFile = [...ofFile, changes.reduce(withSetting, definition)];
  }
  for (const axis of axes) {
    if (axis.prefix === prefix) ofFile = withAxis(ofFile, axis, params);
  }
  definitions.push(...ofFile);
  return { scope, definitions };
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
