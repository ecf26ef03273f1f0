import { z } from 'zod';
import { artifactTypes } from '../../stage.ts';
import { parseDuration } from './parse-duration.ts';
import { parseMemory } from './parse-memory.ts';

/** The user's form of a pipeline and of a stage; also what the JSON schema is made of. Their values are not the internal ones. */

const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue('expected a duration such as "30s", "4h" or "1h30m"');
  return z.NEVER;
});

const memory = z.string().transform((text, context) => {
  const bytes = parseMemory(text);
  if (bytes !== undefined) return bytes;
  context.addIssue('expected a size such as "512MiB" or "8GiB"');
  return z.NEVER;
});

const resources = z.strictObject({
  cpu: z
    .union([z.number().positive(), z.literal('all')])
    .optional()
    .describe('Cores that the stage occupies; default 1, or all for a kind that computes with tensors.'),
  gpu: z.number().nonnegative().default(0).describe('Graphics cards that the stage occupies.'),
  memory: memory.default(0).describe('Memory that the stage occupies: 512MiB, 8GiB.'),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const output = z.union([
  z.string(),
  z.strictObject({
    path: z.string().optional(),
    type: z.enum(artifactTypes).optional().describe('Of an output of a command.'),
  }),
]);

export const stageShape = z.strictObject({
  kind: z.string().describe('What the stage does.'),
  description: z.string().optional(),
  inputs: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .default({})
    .describe("By port: stage.port, or a path from the project's root (it has a /), absolute, or npm:package/path."),
  with: z.record(z.string(), z.unknown()).default({}).describe("The kind's own settings."),
  outputs: z
    .record(z.string(), output)
    .default({})
    .describe('Where outputs are published, by port; default artifacts/<pipeline>/<stage>/<port>.'),
  after: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .describe('Stages that must be done before; order only.'),
  matrix: z
    .record(z.string(), z.array(z.union([scalar, z.looseObject({ id: scalar })])).nonempty())
    .optional()
    .describe('One stage for each combination of the values, read as ${matrix.axis}.'),
  resources: resources.prefault({}),
  retries: z.number().int().min(0).max(100).default(0).describe('Further attempts after the first.'),
  timeout: duration.optional().describe('Of one attempt: 30s, 4h, 1h30m.'),
  env: z
    .union([z.array(z.string()), z.record(z.string(), z.union([scalar, z.null()]))])
    .default([])
    .describe('Variables of the environment that decide the outputs: names, or names with values.'),
  cache: z.boolean().default(true).describe('False: outputs are published but not stored.'),
  frozen: z.boolean().default(false).describe("Keeps the stage's last result whatever changes."),
  onDemand: z.boolean().default(false).describe('Runs only when something reads it.'),
});

export type StageShape = z.infer<typeof stageShape>;

const path = z.string();

const includeShape = z.strictObject({
  file: path.describe('Relative to the file that includes it.'),
  params: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Values in the place of those that it declares; a stage that is named here is one of the including file.',
    ),
  onDemand: z.boolean().optional().describe('Its stages run only when something reads them.'),
});

/** Without `extends`, which is worked in before. */
export const pipelineShape = z.strictObject({
  include: z
    .record(z.string(), z.union([path, includeShape]))
    .optional()
    .describe("Other pipelines' stages, as name/stage: a file, or a file with its parameters."),
  description: z.string().optional(),
  salt: scalar.optional().describe('Changing it makes every stage stale.'),
  params: z.record(z.string(), z.unknown()).optional().describe('Read as ${params.name}; --set params.name=value.'),
  stages: z.record(z.string(), z.unknown()).default({}),
});

export const extendsShape = z
  .union([path, z.array(path)])
  .describe('Files below this one; maps merge, lists and scalars replace, null removes.');
