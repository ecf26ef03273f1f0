import { z } from 'zod';
import { compare } from '../../../sort-order.ts';
import type { InputPort, KindSpec, OutputPort } from '../../../stage.ts';
import { extendsShape, pipelineShape, stageShape } from './yaml-keys.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * For editors, and looser than loading: nothing is required, `${…}` stands for any value, null
 * removes an inherited key. `files` are the schemas of other files: editors find them as
 * `pipeline.schema.json#/definitions/store`.
 */
export function pipelineJsonSchema(
  kinds: Iterable<KindSpec>,
  files: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  const stage = stageSchema([...kinds].sort((a, b) => compare(a.name, b.name)));
  const file = {
    type: 'object',
    additionalProperties: false,
    properties: {
      extends: toSchema(extendsShape),
      ...(loose(toSchema(pipelineShape))['properties'] as JsonSchema),
      stages: {
        description: pipelineShape.shape.stages.description,
        type: 'object',
        additionalProperties: { anyOf: [stage, { type: 'null' }] },
      },
    },
  };
  const title = 'A pipeline of Restage';
  const { definitions, ...shared } = shareParts(file, { stage, reference });
  const $schema = 'http://json-schema.org/draft-07/schema#';
  return { $schema, title, ...shared, definitions: { ...(definitions as JsonSchema), ...files } };
}

/**
 * The schema as text, with one line for each kind, definition and key of a file, so that diffs are
 * readable.
 */
export function formatJsonSchema(schema: JsonSchema): string {
  const format = (value: unknown, depth: number): string => {
    if (depth === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
    const isList = Array.isArray(value);
    const indent = ' '.repeat(5 - depth);
    const lines = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(
        ([key, inner]) =>
          `${indent}${isList ? '' : `${JSON.stringify(key)}: `}${format(inner, depth - 1)}`,
      );
    return `${isList ? '[' : '{'}\n${lines.join(',\n')}\n${indent.slice(1)}${isList ? ']' : '}'}`;
  };
  return `${format(schema, 4)}\n`;
}

function stageSchema(specs: readonly KindSpec[]): JsonSchema {
  const names = specs.map(({ name, summary }) => ({ const: name, description: summary }));
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...(loose(toSchema(stageShape))['properties'] as JsonSchema),
      kind: { description: stageShape.shape.kind.description, anyOf: [...names, reference] },
    },
    // An extending file may leave the kind to the extended one: then no branch applies.
    allOf: specs.map((spec) => {
      const is = { properties: { kind: { const: spec.name } }, required: ['kind'] };
      // fromEntries, since an object with a key `then` would be taken for a promise.
      return Object.fromEntries(
        Object.entries<unknown>({ if: is }).concat([['then', { properties: branch(spec) }]]),
      );
    }),
  };
}

function branch(spec: KindSpec): JsonSchema {
  const describe = ({ summary, type }: InputPort<unknown> | OutputPort) => ({
    description: `${summary} (${[type].flat().join(' or ')})`,
  });
  const ports = (
    all: Readonly<Record<string, InputPort<unknown> | OutputPort>>,
    isOpen: boolean,
  ) => ({
    properties: Object.fromEntries(
      Object.entries(all).map(([name, port]) => [name, describe(port)]),
    ),
    ...(!isOpen && { additionalProperties: false }),
  });
  return {
    with: orReference(loose(toSchema(spec.settings))),
    inputs: ports(spec.inputs, spec.openPorts !== undefined),
    outputs: ports(spec.outputs, spec.openPorts === true),
  };
}

export function toSchema(schema: z.ZodType): JsonSchema {
  const {
    $schema: _,
    definitions: _d,
    ...rest
  } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  });
  return JSON.parse(JSON.stringify(rest), withoutRecursion) as JsonSchema;
}

/** Only `z.json()` is recursive, in a definition that has no place here: it is anything. */
function withoutRecursion(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
  return String(value.$ref).startsWith('#/definitions/__schema') ? {} : value;
}

/** Null, too, in one part: it stands beside every setting. */
const reference: JsonSchema = {
  description: 'A parameter or a value of the matrix; null removes what is inherited.',
  type: ['string', 'null'],
  pattern: '\\$\\{.*\\}',
};

/** A schema whose values may be left out, be a `${…}`, or be null. */
function loose(schema: JsonSchema): JsonSchema {
  const { required: _, oneOf, minimum, maximum, ...rest } = schema;
  const bounds = {
    ...(Number(minimum) > Number.MIN_SAFE_INTEGER && { minimum }),
    ...(Number(maximum) < Number.MAX_SAFE_INTEGER && { maximum }),
  };
  // Without required keys several branches may fit, which `oneOf` forbids.
  const { anyOf = oneOf, ...others } = rest;
  const result = mapParts({ ...others, ...bounds }, (part) => orReference(loose(part)));
  return anyOf === undefined
    ? result
    : { ...result, anyOf: (anyOf as readonly JsonSchema[]).map(loose) };
}

/** Description and default stay outside, where editors show them. */
function orReference({ description, default: preset, ...schema }: JsonSchema): JsonSchema {
  const outside = {
    ...(description !== undefined && { description }),
    ...(preset !== undefined && { default: preset }),
  };
  if (Object.keys(schema).length === 0) return outside; // anything
  return {
    ...outside,
    anyOf: [...((schema['anyOf'] as readonly JsonSchema[] | undefined) ?? [schema]), reference],
  };
}

/**
 * The schema with `change` applied to the schemas directly inside it; `name` is the key of each.
 */
function mapParts(
  schema: JsonSchema,
  change: (part: JsonSchema, name: string) => JsonSchema,
): JsonSchema {
  const of = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((part) => change(part, name));
    return typeof value === 'object' ? change(value as JsonSchema, name) : value;
  };
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === 'properties') {
      const properties = Object.entries(value as JsonSchema).map(([name, part]) => [
        name,
        of(part, name),
      ]);
      return [key, Object.fromEntries(properties)];
    }
    return [key, partKeys.has(key) ? of(value, key) : value];
  });
  return Object.fromEntries(entries);
}

const partKeys: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'anyOf',
  'allOf',
  'if',
  'then',
]);

/** Moves named parts, and those that occur so often that it saves bytes, into `definitions`. */
function shareParts(schema: JsonSchema, named: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const counts = new Map<string, number>();
  const count = (part: JsonSchema): JsonSchema => {
    const text = JSON.stringify(part);
    const known = counts.get(text) ?? 0;
    counts.set(text, known + 1);
    return known > 0 ? part : mapParts(part, count); // What is inside a shared part counts once.
  };
  count(schema);
  const definitions = new Map<string, JsonSchema>();
  const names = new Map(Object.entries(named).map(([name, part]) => [JSON.stringify(part), name]));
  const share = (part: JsonSchema, key: string): JsonSchema => {
    const text = JSON.stringify(part);
    const times = counts.get(text) ?? 0;
    const pays = (times - 1) * text.length > 45 * times;
    const inside = () =>
      mapParts(part, (inner, name) => share(inner, partKeys.has(name) ? key : name));
    if (!names.has(text) && !pays) return inside();
    let name = names.get(text) ?? key;
    for (let number = 2; !names.has(text) && definitions.has(name); number++)
      name = `${key}${number}`;
    names.set(text, name);
    if (!definitions.has(name)) {
      definitions.set(name, {}); // Parts inside may not take the name.
      definitions.set(name, inside());
    }
    return { $ref: `#/definitions/${name}` };
  };
  const shared = mapParts(schema, share);
  return { ...shared, definitions: Object.fromEntries(definitions) };
}
