import { closest } from '../../../suggest.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Definition } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import { InstanceScope } from '../matrix/instance-scope.ts';
import type { Instance } from '../matrix/instances.ts';
import { substitute } from '../params/substitute.ts';
import { substituteShell } from '../params/substitute-shell.ts';
import type { Output } from '../pipeline.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { type StageShape, stageShape } from '../schema/shapes.ts';
import { child, type Entry, type MapNode, measureNode, textOf, toJson } from '../yaml/located.ts';
import { resolveOutputs } from './resolve-outputs.ts';

/** An instance with its `${…}` replaced, its shape checked and its outputs known: what other stages can read from. */
export interface Prepared {
  readonly instance: Instance;
  /** The stage's map after substitution. */
  readonly node: MapNode;
  /** Absent where the shape is wrong, which is reported. */
  readonly shape?: StageShape;
  readonly outputs: readonly Output[];
}

/** What all stages of a pipeline may hold together, parameters expanded: far above any real one. */
const maximumValues = 2_000_000;

export function prepareInstances(
  context: LoadContext,
  instances: readonly Instance[],
  pipeline: string,
): ReadonlyMap<string, Prepared> {
  const prepared = new Map<string, Prepared>();
  let values = 0;
  let last: Instance['definition'] | undefined;
  for (const instance of instances) {
    const first = instance.definition !== last;
    last = instance.definition;
    const node = substituteStage(context, instance, first);
    values += measureNode(node).size;
    if (values > maximumValues) {
      const message = `Stages hold more than ${maximumValues.toLocaleString('en')} values together`;
      context.report({ code: 'alias-bomb', message, at: instance.definition.at });
      break;
    }
    const shape = parseShape(context, instance, node, instances);
    const outputs = resolveOutputs(context, instance, node, pipeline);
    prepared.set(instance.name, { instance, node, outputs, ...(shape ? { shape } : {}) });
  }
  return prepared;
}

/** The stage's map with `${…}` replaced. The matrix is worked in already: its shape is looked at once, `withMatrix`. */
function substituteStage({ report }: LoadContext, { definition, axes }: Instance, withMatrix: boolean): MapNode {
  const scope = new InstanceScope(definition.scope.params, axes, report);
  const shell = new Set(definition.kind?.spec.shell);
  const entries = new Map<string, Entry>();
  for (const [key, { keyAt, value }] of definition.node.entries) {
    if (key === 'matrix' && !withMatrix) continue;
    const hasShell = key === 'with' && shell.size > 0 && value.type === 'map';
    const next = hasShell ? substituteSettings(value, shell, scope, definition) : substitute(value, scope);
    entries.set(key, { keyAt, value: next });
  }
  return { ...definition.node, entries };
}

function substituteSettings(
  settings: MapNode,
  shell: ReadonlySet<string>,
  scope: InstanceScope,
  { node, kind }: Instance['definition'],
): MapNode {
  const ports = (side: 'inputs' | 'outputs') => {
    const written = child(node, side);
    return new Set([
      ...Object.keys(kind?.spec[side] ?? {}),
      ...(written?.type === 'map' ? written.entries.keys() : []),
    ]);
  };
  const names = { inputs: ports('inputs'), outputs: ports('outputs') };
  const entries = new Map<string, Entry>();
  for (const [key, { keyAt, value }] of settings.entries) {
    const isShell = shell.has(key) && textOf(value) !== undefined;
    entries.set(key, { keyAt, value: isShell ? substituteShell(value, names, scope) : substitute(value, scope) });
  }
  return { ...settings, entries };
}

function parseShape(
  { report }: LoadContext,
  { definition }: Instance,
  node: MapNode,
  all: readonly Instance[],
): StageShape | undefined {
  const parsed = stageShape.safeParse(shallowJson(node));
  if (parsed.success) return parsed.data;
  const mistakes = explainIssues(parsed.error.issues, { node, schema: stageShape, prefix: '', at: definition.at });
  const hint = node.entries.has('kind') ? undefined : extendedStage(definition, all);
  const isKind = ({ code, at }: Diagnostic) => code === 'missing-key' && at === definition.at;
  for (const mistake of mistakes) report(isKind(mistake) && hint !== undefined ? { ...mistake, hint } : mistake);
  return undefined;
}

/** A stage without a kind changes one of a file that is extended: by its name, or else by what may be a slip of it. */
function extendedStage({ name, at, scope }: Definition, all: readonly Instance[]): string | undefined {
  const extended = all.flatMap(({ definition: other }) =>
    other.scope === scope && other.at.file.path !== at.file.path ? [other.name.slice(scope.prefix.length)] : [],
  );
  const near = closest(name.slice(scope.prefix.length), new Set(extended));
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

/** The stage as JSON, but the settings left empty: the kind's own schema looks at them. */
function shallowJson(node: MapNode): unknown {
  return Object.fromEntries(
    Array.from(node.entries, ([key, { value }]) => [key, key === 'with' && value.type === 'map' ? {} : toJson(value)]),
  );
}
