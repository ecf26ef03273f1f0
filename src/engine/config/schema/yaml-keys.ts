import { z } from 'zod';
import { whole } from '../../../spec-parts.ts';
import { artifactTypes } from '../../../stage.ts';
import { uniqueList } from '../../../unique-list.ts';
import { parseDuration, parseMemory } from './units.ts';

/**
 * The user's form of a pipeline and of a stage, from which the JSON schema is also made. Its values
 * are not the internal ones.
 */

/** A text that `parse` reads; `example` describes it in messages. */
const measure = (parse: (text: string) => number | undefined, example: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value === undefined) context.addIssue(`expected ${example}`);
    return value ?? z.NEVER;
  });

export const duration = measure(parseDuration, 'a duration such as "30s", "4h" or "1h30m"');
export const memory = measure(parseMemory, 'a size such as "512MiB" or "8GiB"');

const resources = z.strictObject({
  cpu: z
    .union([z.number().positive(), z.literal('all')])
    .optional()
    .describe(
      'Cores; by default 1, or all for a kind that computes with tensors or decodes videos.',
    ),
  gpu: z.number().nonnegative().default(0).describe('Graphics cards.'),
  memory: memory.default(0).describe('Memory, such as `512MiB` or `8GiB`; none by default.'),
  nodes: whole(1)
    .default(1)
    .describe(
      'Nodes of a cluster, where a `launcher` such as `srun` starts the program on each. Cores, cards and memory are those of each node.',
    ),
  tasks: whole(1)
    .default(1)
    .describe('Processes that `srun` starts on each node, which share its cores and cards.'),
});

export const scalar = z.union([z.string(), z.number(), z.boolean()]);
const textOrTexts = z.union([z.string(), z.array(z.string())]);
const anyMap = z.record(z.string(), z.unknown());
export const mapOf = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({});
export const flag = (preset: boolean, text: string) => z.boolean().default(preset).describe(text);

const output = z.union([
  z.string(),
  z.strictObject({
    path: z.string().optional().describe('Where it is published, below the root.'),
    type: z
      .enum(artifactTypes)
      .optional()
      .describe(
        'The type of what a `command` makes, so that other kinds can read it; by default files.',
      ),
  }),
]);

export const trialsShape = whole(1, 1000);

const range = (bound: z.ZodNumber) =>
  z.tuple([bound, bound]).refine(([low, high]) => low < high, 'expected the lower bound first');

const drawShape = z.union(
  [
    z.strictObject({ uniform: range(z.number()) }),
    z.strictObject({ logUniform: range(z.number().positive()) }),
    z.strictObject({ int: range(z.int()) }),
    z.strictObject({ choice: z.array(z.unknown()).nonempty() }),
  ],
  { error: '{ uniform: [low, high] }, { logUniform: … }, { int: … } or { choice: […] }' },
);
export type Draw = z.infer<typeof drawShape>;

export const drawsShape = z
  .object({
    count: whole(1, 10_000).describe(
      'How many points are drawn, `fit[sample=1]` and so on; a larger count keeps the earlier ones.',
    ),
    seed: z.int().default(1).describe('Decides the values that are drawn.'),
  })
  .catchall(drawShape);

export const slotsShape = z.strictObject({
  of: z.string().describe('The stage of the candidates, such as `fit`.'),
  by: z
    .string()
    .describe(
      'The choice among them, such as `best.choice`: slot 1 takes the values of the first, and so on.',
    ),
  count: whole(1, 10_000).describe('How many slots there are.'),
  axes: uniqueList(z.string(), 'axis')
    .min(1)
    .exactOptional()
    .describe(
      'The axes of `of` that are chosen, where it has several: `[sample]` of candidates and folds. By default the only one that the stage does not have itself.',
    ),
});

/** The most trials of a search: each has its place in the history of all later ones. */
const mostTrials = 1000;

export const proposedAxisShape = z.strictObject({
  by: z
    .string()
    .describe(
      'The output of a stage that proposes trials, such as `search.trial` of a `search`: `${matrix.trial.rate}` is the value of its parameter `rate`.',
    ),
  count: whole(1, mostTrials).describe(
    'How many trials there are, `fit[trial=1]` and so on; a larger count keeps the earlier ones.',
  ),
  parallel: whole(1, mostTrials)
    .default(1)
    .describe('How many trials may be under way when the next one is proposed.'),
});

export const globAxisShape = z.strictObject({
  glob: z
    .string()
    .describe(
      'A value for each file that matches, or for each folder with a `/` at the end: `${matrix.clip.path}`, and `${matrix.clip}` for its name.',
    ),
});

export const rangeAxisShape = z.strictObject({
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, 'expected the lower bound first')
    .describe('The numbers from the first to the last, both included.'),
  step: z
    .number()
    .positive()
    .optional()
    .describe('The distance between two numbers; by default 1.'),
});

export const fileAxisShape = z.strictObject({
  from: z
    .string()
    .describe(
      'A CSV, YAML or JSON file with a value in each row or item: `${matrix.case.rate}`; or an output of a stage, such as `videos.list`, whose members are made once it has ended.',
    ),
  column: z.string().optional().describe('Takes the values of one column, each once.'),
});

export const stageShape = z.strictObject({
  kind: z
    .string()
    .describe("What the stage does: a built-in kind, or a folder of the project's `stages/`."),
  description: z.string().optional().describe('A description; it changes no result.'),
  inputs: mapOf(textOrTexts).describe(
    "What the stage reads, by port: `stage.port`, a path from the project's root (with a `/`), an absolute path, or `npm:package/path`.",
  ),
  with: mapOf(z.unknown()).describe(
    "The kind's own settings. No setting names a file: every file is read through a port, so that it is hashed.",
  ),
  outputs: mapOf(output).describe(
    'Where outputs are published, by port, below the root; by default `artifacts/<pipeline>/<stage>/<port>`.',
  ),
  after: textOrTexts
    .default([])
    .describe(
      'Stages that must end before this one. It sets only the order: nothing is read, and the fingerprint stays the same.',
    ),
  matrix: z
    .record(
      z.string(),
      z.union([
        z
          .array(
            z.union([
              scalar,
              z.looseObject({
                id: scalar
                  .optional()
                  .describe(
                    'The name of the value in `fit[net=small]`, by default that of its first key; its other keys are read as `${matrix.net.width}`.',
                  ),
              }),
            ]),
          )
          .nonempty(),
        trialsShape,
        drawsShape,
        slotsShape,
        proposedAxisShape,
        globAxisShape,
        rangeAxisShape,
        fileAxisShape,
      ]),
    )
    .optional()
    .describe(
      'One stage for each combination of the values, which are read as `${matrix.seed}`. `exclude` and `include` list combinations that there are not, or besides. `{ repeat: 3 }` repeats a program three times that gives other results each time.',
    ),
  when: z
    .boolean()
    .optional()
    .describe(
      'False leaves the stage out, and those that need it: `when: "${params.large}"`, or for each of a matrix `"${matrix.net != \'large\'}"`.',
    ),
  resources: resources
    .prefault({})
    .describe(
      'What the stage occupies while it runs. Stages run side by side as long as the machine has room.',
    ),
  retries: whole(0, 100).default(0).describe('Further attempts after a failed one.'),
  timeout: duration
    .optional()
    .describe(
      'The time limit of an attempt: `30s`, `4h`, `1h30m`. A stage that runs longer is stopped and fails. None by default.',
    ),
  env: z
    .union([z.array(z.string()), z.record(z.string(), z.union([scalar, z.null()]))])
    .default([])
    .describe(
      "Environment variables that decide the outputs, and so are in the fingerprint: names, or names with values, where null takes the caller's.",
    ),
  cache: flag(
    true,
    'False publishes the outputs without storing them: less disk, but nothing to restore.',
  ),
  frozen: flag(
    false,
    "True keeps the stage's last result, whatever changes; without a result this is an error.",
  ),
  place: z
    .string()
    .optional()
    .describe(
      'The place of `places.yaml` where the stage runs, or `local`; by default the one of `--on`.',
    ),
  onDemand: flag(
    false,
    'True runs the stage only if another stage reads it in the same run, or by name.',
  ),
});

export type StageShape = z.infer<typeof stageShape>;

const includeShape = z.strictObject({
  file: z
    .string()
    .describe('Relative to the file that includes it, or `npm:package/path` as in `extends`.'),
  params: anyMap
    .optional()
    .describe(
      'Values for its parameters. A stage named here belongs to the including file, so that several pipelines can share a data set.',
    ),
  onDemand: z.boolean().optional().describe('True runs its stages only when something reads them.'),
  when: z
    .union([z.boolean(), z.string()])
    .optional()
    .describe('False leaves its stages out: `when: "${params.large}"`.'),
  after: textOrTexts
    .optional()
    .describe(
      'Stages of the including file that must end before any of its own; it sets only the order.',
    ),
});

/** Without `extends`: extended files are merged before. */
export const pipelineShape = z.strictObject({
  include: z
    .record(z.string(), z.union([z.string(), includeShape]))
    .optional()
    .describe(
      "Other pipelines by name: the stage `fit` of `sn` is `sn/fit`, and `--set sn/params.epochs=1` sets its parameter. They publish among this pipeline's outputs, wherever their own file says.",
    ),
  description: z
    .string()
    .optional()
    .describe('A description, shown when a run starts; it may contain parameters.'),
  salt: scalar
    .optional()
    .describe('Part of every fingerprint: changing it makes every stage stale.'),
  params: anyMap
    .optional()
    .describe(
      'Values that are read as `${params.name}` and set by `--set params.name=value`; one that no stage reads is a warning.',
    ),
  stages: mapOf(z.unknown()).describe(
    'The stages by name: letters, digits, `_` and `-`. null removes a stage of an extended file.',
  ),
});

export const extendsShape = textOrTexts.describe(
  'Files that this one builds on: relative to it, or `npm:package/path` below the `pipelines/` of an installed package, or of Restage itself. Maps merge, lists and scalars replace, null removes; a later file wins. A parameter may choose: `sizes/${params.size}.yaml`.',
);
