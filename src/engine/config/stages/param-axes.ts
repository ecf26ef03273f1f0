import { suggest } from '../../../suggest.ts';
import type { SetAxis } from '../params/command-line.ts';
import { instanceScope, Params, type SetParam, setParams } from '../params/params.ts';
import { substitute } from '../params/substitute.ts';
import { child, type MapNode, type Node, type TextNode } from '../yaml/node.ts';
import type { Definition } from './definition.ts';
import { withSetting } from './set-setting.ts';

/** Where a stage reads parameters that change its result. */
const decidingKeys = ['with', 'inputs', 'env'];

/**
 * The definitions of one file with an axis that the command line gives: new values of one that they
 * have, or an axis for each that reads the parameter of its name, or for the setting of one stage.
 */
export function withAxis(
  definitions: readonly Definition[],
  axis: SetAxis,
  params: Params,
): readonly Definition[] {
  const { name, path, value, at } = axis;
  if (path.length > 0) {
    const stage = definitions.find((definition) => definition.name === axis.prefix + name);
    if (stage !== undefined) {
      return definitions.map((definition) =>
        definition === stage ? withSettingAxis(stage, axis) : definition,
      );
    }
    const names = definitions.map((definition) => definition.name);
    const message = `There is no stage "${axis.prefix}${name}" to set`;
    params.report({ code: 'unknown-stage', message, at, hint: suggest(axis.prefix + name, names) });
    return definitions;
  }
  const hasAxis = (definition: Definition) => matrixOf(definition).entries.has(name);
  if (definitions.some(hasAxis)) {
    return definitions.map((definition) =>
      hasAxis(definition) ? withMatrixEntry(definition, axis, value) : definition,
    );
  }
  const read = new Map(definitions.map((definition) => [definition, readBy(definition)]));
  const readers = definitions.filter((definition) => read.get(definition)!.has(name));
  if (readers.length > 0) {
    // Without this, nobody would seem to read the values in the file.
    for (const each of readers.flatMap((reader) => [...read.get(reader)!])) {
      params.lookup(`params.${each}`, at, () => undefined);
    }
    return definitions.map((definition) => {
      if (!readers.includes(definition)) return definition;
      const paramAxes = [...(definition.paramAxes ?? []), name];
      return { ...withMatrixEntry(definition, axis, value), paramAxes };
    });
  }
  const known = definitions.flatMap((definition) => [...matrixOf(definition).entries.keys()]);
  const message = `No stage has an axis "${name}", or reads a parameter of this name`;
  const hint = suggest(name, new Set([...known, ...params.names()]));
  params.report({ code: 'unknown-axis', message, at, hint });
  return definitions;
}

function withSettingAxis(definition: Definition, { path, value, at }: SetAxis): Definition {
  const name = path.at(-1)!;
  const text: TextNode = { type: 'scalar', value: `\${matrix.${name}}`, at };
  const set = withSetting(definition, { stage: definition.name, path, value: text, at });
  return withMatrixEntry(set, { name, at }, value);
}

function withMatrixEntry(
  definition: Definition,
  { name, at }: { readonly name: string; readonly at: SetAxis['at'] },
  value: Node,
): Definition {
  const { node } = definition;
  const matrix = matrixOf(definition);
  const entries = new Map(matrix.entries).set(name, { keyAt: at, value });
  const keyAt = node.entries.get('matrix')?.keyAt ?? at;
  const entry = { keyAt, value: { ...matrix, entries } };
  return { ...definition, node: { ...node, entries: new Map(node.entries).set('matrix', entry) } };
}

function matrixOf({ node, scope }: Definition): MapNode {
  const written = child(node, 'matrix');
  const matrix = written && substitute(written, scope.params);
  return matrix?.type === 'map' ? matrix : { type: 'map', entries: new Map(), at: node.at };
}

/** The parameters on which the result of a stage depends. */
function readBy({ node, scope }: Definition): ReadonlySet<string> {
  const probe = new Params(scope.written, () => undefined);
  const silent = instanceScope(probe, new Map(), () => undefined);
  for (const key of decidingKeys) {
    const value = child(node, key);
    if (value !== undefined) substitute(value, silent);
  }
  return probe.read();
}

/** The parameters of a stage's instance: those of its file, with values of axes that set some. */
export function paramsOf(
  { scope, paramAxes = [] }: Definition,
  axes: ReadonlyMap<string, { readonly label: string; readonly node: Node }>,
): Params {
  if (paramAxes.length === 0) return scope.params;
  const set = paramAxes.flatMap((name) => {
    const value = axes.get(name);
    return value === undefined ? [] : [{ name, ...value }];
  });
  if (set.length === 0) return scope.params;
  const key = JSON.stringify(set.map(({ name, label }) => [name, label]));
  const known = scope.variants.get(key);
  if (known !== undefined) return known;
  const values = set.map(({ name, node }): SetParam => {
    return { prefix: scope.prefix, path: [name], value: node, at: node.at };
  });
  const { report } = scope.params;
  const params = new Params(setParams(scope.written, values, report), report);
  scope.variants.set(key, params);
  return params;
}
