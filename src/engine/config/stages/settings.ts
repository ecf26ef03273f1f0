import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import type { KindSpec, SettingMistake } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import type { Reporting, Span } from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import type { CheckpointSettings, Input, StageSettings } from '../pipeline.ts';
import { explainIssues } from '../schema/explain-issues.ts';
import { child, entriesOf, type MapNode, type Node, nodeAt, toJson } from '../yaml/node.ts';
import type { Definition } from './definition.ts';

export interface Settings extends Required<StageSettings>, CheckpointSettings {}

/** A stage as mistakes in its settings are shown: its form, and the span of its name. */
interface SettingsSource extends Reporting {
  readonly at: Span;
  readonly node: MapNode;
}

/**
 * The settings of a stage, parsed by its kind; undefined where they are wrong, which is reported.
 */
export function resolveSettings(
  { report }: LoadContext,
  { at, kind }: Definition,
  stage: MapNode,
  inputs: readonly Input[],
): Settings | undefined {
  const spec = kind!.spec;
  const written = stage.entries.get('with');
  const node: Node = written?.value ?? { type: 'map', entries: new Map(), at };
  const settingsSpan = written?.keyAt ?? at;
  if (node.type !== 'map') return undefined; // The shape of the stage reports it.
  const given = toJson(node) as JsonObject;
  const parsed = spec.settings.safeParse(given);
  if (!parsed.success) {
    const keysAreIn = `\`restage kinds ${spec.name}\` lists its settings.`;
    const elsewhere = (key: string) =>
      Object.hasOwn(spec.inputs, key) ? `It is an input: inputs: { ${key}: … }` : undefined;
    const subject = {
      node,
      schema: spec.settings,
      prefix: 'with',
      at: settingsSpan,
      keysAreIn,
      elsewhere,
    };
    explainIssues(parsed.error.issues, subject).forEach(report);
    return undefined;
  }
  const ports = new Set(entriesOf(child(stage, 'inputs')).keys());
  reportMistakes(spec.check?.(parsed.data, ports), { report, at, node: stage });
  const settings = asJson(parsed.data) as JsonObject;
  reportUnknownAxes({ report }, kind!, stage, { settings, inputs });
  const defaultOf = (path: readonly string[], part?: Json) => {
    const without = spec.settings.safeParse(replaceAt(given, path, part));
    return without.success ? valueAt(asJson(without.data), path) : undefined;
  };
  const keyed = Object.entries(keyedSettings(spec.settings, given, settings));
  const unkeyed = spec.unkeyed ?? [];
  return {
    settings,
    keyedSettings: Object.fromEntries(keyed.filter(([name]) => !unkeyed.includes(name))),
    defaultOf,
    ...checkpointSettings(spec, parsed.data),
  };
}

function checkpointSettings(spec: KindSpec, settings: unknown): CheckpointSettings {
  if (spec.checkpointsWithout === undefined) return {};
  const always = spec.checkpointsWithout.map((name) => [name]);
  return { checkpointsWithout: [...always, ...(spec.continues?.(settings) ?? [])] };
}

/**
 * Reports mistakes at their span in the stage's settings, or else at the settings or the stage's
 * name.
 */
export function reportMistakes(
  mistakes: readonly SettingMistake[] | undefined,
  { report, at, node }: SettingsSource,
): void {
  const written = node.entries.get('with');
  for (const mistake of mistakes ?? []) {
    const span = (written && nodeAt(written.value, mistake.at)?.value.at) ?? written?.keyAt ?? at;
    const hint = mistake.unknown && suggest(mistake.unknown.name, mistake.unknown.known);
    report({ code: 'wrong-settings', message: mistake.message, at: span, hint });
  }
}

/**
 * Settings are JSON by the contract of specs; the round trip drops optional keys that a schema left
 * undefined.
 */
const asJson = (data: unknown): Json => JSON.parse(JSON.stringify(data)) as Json;

function replaceAt(
  map: JsonObject,
  [key, ...rest]: readonly string[],
  value: Json | undefined,
): JsonObject {
  if (key === undefined) return map;
  const { [key]: old, ...others } = map;
  if (rest.length === 0) return value === undefined ? others : { ...map, [key]: value };
  if (value === undefined && !isJsonObject(old)) return others;
  return { ...map, [key]: replaceAt(isJsonObject(old) ? old : {}, rest, value) };
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (part, key) => (isJsonObject(part) && Object.hasOwn(part, key) ? part[key] : undefined),
    value,
  );
}

/**
 * The settings without defaults, so that writing out a default changes no fingerprint. Lists stay
 * whole.
 */
export function keyedSettings(
  schema: z.ZodType,
  given: JsonObject,
  settings: JsonObject,
): JsonObject {
  const minimal = withoutDefaults(given, (candidate) => {
    const parsed = schema.safeParse(candidate);
    return parsed.success && isDeepStrictEqual(asJson(parsed.data), settings);
  });
  return pick(minimal, settings);
}

/** Leaves out each key without which the rest still `means` the same. */
function withoutDefaults(given: JsonObject, means: (candidate: JsonObject) => boolean): JsonObject {
  let reduced = given;
  for (const key of Object.keys(given)) {
    const { [key]: value, ...rest } = reduced;
    if (means(rest)) reduced = rest;
    else if (isJsonObject(value)) {
      const around = reduced;
      reduced = {
        ...around,
        [key]: withoutDefaults(value, (inner) => means({ ...around, [key]: inner })),
      };
    }
  }
  return reduced;
}

/** The settings at the keys of `minimal`; all of them where the schema renames keys. */
function pick(minimal: JsonObject, settings: JsonObject): JsonObject {
  const picked: Record<string, Json> = {};
  for (const [key, value] of Object.entries(minimal)) {
    const parsed = settings[key];
    if (parsed === undefined) return settings;
    picked[key] = isJsonObject(value) && isJsonObject(parsed) ? pick(value, parsed) : parsed;
  }
  return picked;
}

/**
 * Reports axes that settings name and no item of the connected input has, such as `over: [sede]`.
 */
function reportUnknownAxes(
  { report }: Reporting,
  { spec }: Definition['kind'] & object,
  stage: MapNode,
  { settings, inputs }: { readonly settings: JsonObject; readonly inputs: readonly Input[] },
): void {
  for (const [setting, ports] of Object.entries(spec.axes ?? {})) {
    const input = inputs.find(({ port }) => ports.includes(port));
    // It is missing or wrong, which is reported.
    if (input === undefined || input.items.length === 0) continue;
    const known = new Set(input.items.flatMap(({ labels }) => Object.keys(labels)));
    const isList = Array.isArray(settings[setting]);
    for (const [index, axis] of [settings[setting] ?? []].flat().entries()) {
      if (typeof axis !== 'string' || known.has(axis) || hasFields(known, axis)) continue;
      const at = nodeAt(stage, ['with', setting, ...(isList ? [index] : [])])?.value.at ?? stage.at;
      const message = `The items of the input "${input.port}" have no axis "${axis}"`;
      const hint =
        known.size === 0 ? 'They have none: an axis comes from a matrix.' : suggest(axis, known);
      report({ code: 'unknown-axis', message, at, hint });
    }
  }
}

/** Whether a name such as `sample.*` means any field. */
const hasFields = (known: ReadonlySet<string>, name: string): boolean =>
  name.endsWith('.*') && [...known].some((label) => label.startsWith(name.slice(0, -1)));
