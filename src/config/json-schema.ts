import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { AnyKindSpec } from '../stage.ts';
import { extendsShape, pipelineShape, stageShape } from './shapes.ts';

type Schema = Record<string, unknown>;

const reference = { $ref: '#/definitions/reference' };

/**
 * The JSON schema (draft 7) of a pipeline's file, by which editors complete and check it: one branch per kind, chosen by
 * `kind`, holds its settings and ports. A `${…}` may stand for any value, and null may remove any key of an extended file.
 */
export function pipelineJsonSchema(kinds: Iterable<AnyKindSpec>): JsonObject {
  const specs = [...kinds].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { stages: _, ...shape } = properties(jsonSchema(pipelineShape));
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A pipeline of Restage',
    type: 'object',
    additionalProperties: false,
    properties: {
      extends: jsonSchema(extendsShape),
      ...shape,
      stages: {
        type: 'object',
        description: 'The steps of the pipeline, by name.',
        additionalProperties: { anyOf: [{ $ref: '#/definitions/stage' }, { type: 'null' }] },
      },
    },
    definitions: {
      reference: { type: 'string', pattern: '\\$\\{.*\\}', description: 'A parameter or a value of the matrix.' },
      stage: stageSchema(specs),
    },
  };
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function stageSchema(specs: readonly AnyKindSpec[]): Schema {
  const { kind: _, ...shape } = properties(jsonSchema(stageShape));
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      kind: {
        description: 'What the stage does.',
        anyOf: [...specs.map(({ name, summary }) => ({ const: name, description: summary })), reference],
      },
      ...mapValues(shape, withReferences),
    },
    // An extending file may leave the kind to the extended one: then no branch applies.
    allOf: specs.map((spec) => ({
      if: { properties: { kind: { const: spec.name } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON schema
      then: { properties: branch(spec) },
    })),
  };
}

/** What a kind says of a stage's keys, beyond what every stage has. */
function branch(spec: AnyKindSpec): Schema {
  const open = spec.openPorts === true;
  const port = ({ summary, type }: { summary: string; type: string | readonly string[] }) => ({
    description: `${summary} (${typeof type === 'string' ? type : type.join(' or ')})`,
  });
  const ports = (all: Parameters<typeof portMap>[0]) => portMap(all, open);
  const portMap = (all: Readonly<Record<string, { summary: string; type: string | readonly string[] }>>, any: boolean) => ({
    type: 'object',
    properties: mapValues(all, port),
    ...(any ? {} : { additionalProperties: false }),
  });
  return { with: optional(jsonSchema(spec.settings)), inputs: ports(spec.inputs), outputs: ports(spec.outputs) };
}
