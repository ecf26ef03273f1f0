import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { AnyKindSpec } from '../../../stage.ts';
import { extendsShape, pipelineShape, stageShape } from './shapes.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON schema (draft 7) of a pipeline's file, by which editors complete and check it. One branch per kind, chosen by
 * `kind`, holds its settings and ports.
 *
 * It is looser than loading in what a single file cannot tell: any key may come from an extended file, so none is required;
 * a `${…}` may stand for any value; and null removes a key of an extended file.
 */
export function pipelineJsonSchema(kinds: Iterable<AnyKindSpec>): JsonObject {
  const specs = [...kinds].sort((a, b) => (a.name < b.name ? -1 : 1));
  const stage = { anyOf: [{ $ref: '#/definitions/stage' }, { type: 'null' }] };
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A pipeline of Restage',
    type: 'object',
    additionalProperties: false,
    properties: {
      extends: toSchema(extendsShape),
      ...propertiesOf(loose(toSchema(pipelineShape))),
      stages: { description: pipelineShape.shape.stages.description, type: 'object', additionalProperties: stage },
    },
    definitions: {
      reference: { description: 'A parameter or a value of the matrix.', type: 'string', pattern: '\\$\\{.*\\}' },
      stage: stageSchema(specs),
    },
  };
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function stageSchema(specs: readonly AnyKindSpec[]): Schema {
  const names = specs.map(({ name, summary }) => ({ const: name, description: summary }));
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...propertiesOf(loose(toSchema(stageShape))),
      kind: { description: stageShape.shape.kind.description, anyOf: [...names, reference] },
    },
    // An extending file may leave the kind to the extended one: then no branch applies.
    allOf: specs.map((spec) => {
      const is = { properties: { kind: { const: spec.name } }, required: ['kind'] };
      // From entries, since an object with a key `then` is taken for a promise.
      return Object.fromEntries([
        ['if', is],
        ['then', { properties: branch(spec) }],
      ]);
    }),
  };
}

/** What a kind says of a stage's keys, beyond what every stage has. */
function branch(spec: AnyKindSpec): Schema {
  const ports = (all: Readonly<Record<string, Port>>, isOpen: boolean) => ({
    properties: Object.fromEntries(Object.entries(all).map(([name, port]) => [name, { description: portText(port) }])),
    ...(isOpen ? {} : { additionalProperties: false }),
  });
  return {
    with: orReference(loose(toSchema(spec.settings))),
    inputs: ports(spec.inputs, spec.openPorts !== undefined),
    outputs: ports(spec.outputs, spec.openPorts === true),
  };
}

interface Port {
  readonly summary: string;
  readonly type: string | readonly string[];
}

const portText = ({ summary, type }: Port) => `${summary} (${typeof type === 'string' ? type : type.join(' or ')})`;

function toSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  return rest;
}

const propertiesOf = (schema: Schema) => schema['properties'] as Schema;

const reference = { $ref: '#/definitions/reference' };

/** A schema whose values may be left out, be a `${…}`, or be null; the value itself is still the one it describes. */
function loose(schema: Schema): Schema {
  const { required: _, oneOf, ...rest } = schema;
  const result: Record<string, unknown> = { ...rest };
  // Without required keys several branches may fit, which `oneOf` forbids.
  const branches = (oneOf ?? schema['anyOf']) as readonly Schema[] | undefined;
  if (branches) result['anyOf'] = branches.map(loose);
  if (isSchema(schema['items'])) result['items'] = orReference(loose(schema['items']));
  for (const key of ['properties', 'additionalProperties']) {
    const value = schema[key];
    if (!isSchema(value) || Object.keys(value).length === 0) continue;
    result[key] =
      key === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, orReference(loose(inner as Schema))]))
        : orReference(loose(value));
  }
  return result;
}

/** The description stays outside, where editors show it. */
function orReference({ description, default: preset, ...schema }: Schema): Schema {
  const outside = { ...(description ? { description } : {}), ...(preset === undefined ? {} : { default: preset }) };
  return { ...outside, anyOf: [schema, reference, { type: 'null' }] };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
