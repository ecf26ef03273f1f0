import { z } from 'zod';
import { pipelineNames } from '../../engine/config/loading/find-pipeline.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import { markdownOf } from '../../reporting/terminal/format-comparison.ts';
import { UserError } from '../../user-error.ts';
import { compareRuns } from '../history/compare-runs.ts';
import { explainStages } from '../inspect/explain-stages.ts';
import { openTarget } from '../open-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { lookingStages } from './looking-stages.ts';

/** What an assistant may ask, and whether it changes anything. */
export interface AssistantTool {
  readonly description: string;
  readonly input: z.ZodObject;
  readonly writes: boolean;
  /** Answers what the input's schema has accepted: text, or data for JSON. */
  readonly answer: (project: OpenedProject, given: never) => Promise<unknown>;
}

const file = z.string().min(1).describe('The file of a pipeline, such as study.yaml');
const stages = z
  .array(z.string().regex(/^[^-]/))
  .default([])
  .describe('Names of its stages, such as scores or fit[seed=7]; by default all');
const set = z
  .array(z.string().regex(/^[\w./-]+=/))
  .default([])
  .describe('Values that are set, such as params.epochs=5 or fit.batchSize=32');
const asked = z.strictObject({ file, stages, set });
type Asked = z.infer<typeof asked>;

/**
 * The tools of `restage mcp`, by name. None shows a number of sealed images, and none looks at
 * them: a look is a person's decision.
 */
export const assistantTools: Readonly<Record<string, AssistantTool>> = {
  pipelines: {
    description: 'Lists the files of pipelines of this project.',
    input: z.strictObject({}),
    writes: false,
    answer: async ({ root }: OpenedProject) => pipelineNames(root),
  },
  plan: {
    description:
      'Says for every stage of a pipeline whether it is up to date, would be restored or must run, and why. Changes nothing.',
    input: asked,
    writes: false,
    answer: async (project: OpenedProject, given: Asked) => {
      const { pipeline, chosen } = await open(project, given);
      const plan = await pipeline.plan(chosen);
      return plan.map(({ stage, kind, state, reasons }) => ({ stage, kind, state, reasons }));
    },
  },
  explain: {
    description: 'Shows how stages differ from their last results, value by value.',
    input: asked,
    writes: false,
    answer: async (project: OpenedProject, given: Asked) => {
      const { set, ...words } = given;
      const target = { words: [words.file, ...words.stages], set };
      const explained = await explainStages(project, target, 'auto');
      return explained.map(({ stage, kind, state, reasons, examined }) => ({
        stage,
        kind,
        state,
        reasons,
        changes: examined?.changes ?? [],
      }));
    },
  },
  results: {
    description:
      'Lists stages with their settings, and for those that are up to date their numbers, intervals, curves and the paths of their outputs. Of stages that look at sealed images it says only that they are sealed.',
    input: asked,
    writes: false,
    answer: async (project: OpenedProject, given: Asked) => {
      const { pipeline, chosen } = await open(project, given);
      const sealed = lookingStages(pipeline.checked.pipeline.stages);
      const rows = await pipeline.results(chosen.stages);
      return rows.map((row) =>
        sealed.has(row.stage)
          ? { stage: row.stage, kind: row.kind, state: row.state, sealed: true }
          : row,
      );
    },
  },
  compare: {
    description:
      'Compares pipelines as they last stood, runs (last, last~1), branches (main...) or stages of them (after a colon): settings, numbers with intervals, paired tests. Not in a project with sealed images.',
    input: z.strictObject({ subjects: z.array(z.string().regex(/^[^-]/)).min(1).max(20) }),
    writes: false,
    answer: async (project: OpenedProject, given: { readonly subjects: readonly string[] }) => {
      // A run is compared by its results, whatever its pipeline seals by now.
      if (new Ledger(project.root).state.seals.size > 0)
        throw new UserError(
          'this project has sealed images, and a comparison could show their numbers: let a person type `restage compare`',
        );
      const { tables } = await compareRuns(project, given.subjects);
      return markdownOf(tables());
    },
  },
  run: {
    description:
      'Brings stages of a pipeline up to date, with all that they need. It can take hours. Stages that look at sealed images are refused.',
    input: asked,
    writes: true,
    answer: async (project: OpenedProject, given: Asked) => {
      const { pipeline, chosen } = await open(project, given);
      const { selection } = await pipeline.prepare(chosen);
      const sealed = lookingStages(pipeline.checked.pipeline.stages);
      const refused = selection.stages.flatMap(({ name }) => (sealed.has(name) ? [name] : []));
      if (refused.length > 0)
        throw new UserError(
          `${refused.slice(0, 8).join(', ')} would look at sealed images, which a person decides: name other stages`,
        );
      return await pipeline.run(chosen).result;
    },
  },
};

const open = async (project: OpenedProject, { file, stages, set }: Asked) =>
  await openTarget(project, { words: [file, ...stages], set });
