import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import type { AnyKindSpec } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import type { Definition } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { type MapNode, type Node, nodeAt, toJson } from '../yaml/located.ts';
import { keyedSettings } from './keyed-settings.ts';

export interface Settings {
  readonly settings: JsonObject;
  readonly keyedSettings: JsonObject;
  readonly defaultOf: (path: readonly string[], part?: Json) => Json | undefined;
}

/** The settings of a stage, parsed by its kind; undefined where they are wrong, which is reported. */
export function resolveSettings(
  { report }: LoadContext,
  { at }: Definition,
  spec: AnyKindSpec,
  stage: MapNode,
  inputs: ReadonlySet<string>,
): Settings | undefined {
  const written = stage.entries.get('with');
  const node: Node = written?.value ?? { type: 'map', entries: new Map(), at };
  const place = written?.keyAt ?? at;
  if (node.type !== 'map') return undefined; // The shape of the stage reports it.
  const given = toJson(node) as JsonObject;
  const parsed = spec.settings.safeParse(given);
  if (!parsed.success) {
    const keysAreIn = `\`restage kinds ${spec.name}\` lists its settings.`;
    const subject = { node, schema: spec.settings, prefix: 'with', at: place, keysAreIn };
    explainIssues(parsed.error.issues, subject).forEach(report);
    return undefined;
  }
  for (const { at, message, unknown } of spec.check?.(parsed.data as never, inputs) ?? []) {
    const hint = unknown && suggest(unknown.name, unknown.known);
    report({ code: 'wrong-settings', message, at: nodeAt(node, at)?.node.at ?? place, ...(hint && { hint }) });
  }
  // Settings are JSON by the contract of specs; the round trip drops optional keys that a schema left undefined.
  const settings = JSON.parse(JSON.stringify(parsed.data)) as JsonObject;
  const defaultOf = (path: readonly string[], part?: Json) => {
    const rest = withoutKey(given, path);
    const without = spec.settings.safeParse(part === undefined ? rest : withKey(rest, path, part));
    return without.success ? valueAt(JSON.parse(JSON.stringify(without.data)), path) : undefined;
  };
  return { settings, keyedSettings: keyedSettings(spec.settings, given, settings), defaultOf };
}

function withoutKey(map: JsonObject, [key, ...rest]: readonly string[]): JsonObject {
  if (key === undefined || !Object.hasOwn(map, key)) return map;
  const { [key]: value, ...others } = map;
  return rest.length > 0 && isJsonObject(value) ? { ...others, [key]: withoutKey(value, rest) } : others;
}

function withKey(map: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return map;
  const below = map[key];
  return { ...map, [key]: rest.length > 0 ? withKey(isJsonObject(below) ? below : {}, rest, value) : value };
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path) found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}
