import type { Plan, StagePlan } from '../../project/api.ts';
import { planSubmissions } from '../../project/jobs/plan-submissions.ts';
import { openTarget, type TargetRequest } from '../../project/open-target.ts';
import type { WorkspaceOptions } from '../../project/workspace.ts';
import { wantsColour } from '../../reporting/terminal/colour.ts';
import { formatPlan, type PlanRemarks } from '../../reporting/terminal/format-plan.ts';
import type { PlanLine } from '../../reporting/terminal/plan-line.ts';
import { printJson, printWarnings } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { formatSubmissions } from '../support/format-submissions.ts';
import { openHere } from '../support/open-here.ts';

/** The options of `plan`, which `run` has, too. */
export interface PlanOptions extends Omit<TargetRequest, 'words'>, WorkspaceOptions {
  readonly backend: string;
  readonly json?: boolean;
  readonly on?: string;
  readonly submissions?: boolean;
}

export async function planCommand(words: readonly string[], options: PlanOptions): Promise<number> {
  const { pipeline, chosen } = await openTarget(openHere(), { words, ...options });
  const prepared = await pipeline.prepare({ ...options, ...chosen });
  const { selection } = prepared;
  printWarnings(selection.warnings);
  const plan = await pipeline.planSelected(selection, options);
  if (options.json === true) printJson(plan.map(rowOf));
  else {
    // Who names stages does not ask about others.
    const { changes, ...loaded } = selection.pipeline;
    const leftOut = chosen.stages?.length === 0 ? loaded.leftOut : new Map();
    process.stdout.write(asText(pipeline.name, plan, { changes, leftOut }));
    if (options.submissions === true)
      process.stdout.write(`\n${formatSubmissions(planSubmissions(prepared, plan, options.on))}`);
  }
  return plan.some(({ state }) => state === 'failing') ? exitCodes.failed : exitCodes.ok;
}

function asText(pipeline: string, plan: Plan, remarks: PlanRemarks): string {
  const lines = plan.map(lineOf);
  return formatPlan(pipeline, lines, remarks, wantsColour(process.stdout, process.env));
}

function lineOf(stage: StagePlan): PlanLine {
  const { stage: name, state, trial, drawn = {} } = stage;
  const hasValues = Object.keys(drawn).length > 0;
  return {
    stage: name,
    state,
    notes: notesOf(stage),
    ...(trial !== undefined && { trial: { ...trial, hasValues } }),
  };
}

function notesOf(plan: StagePlan): readonly string[] {
  const { drawn = {}, reasons, checkpoint } = plan;
  const values = Object.entries(drawn).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const remarks = [describeCheckpoint(checkpoint), isElsewhere(plan) ? 'in the shared store' : ''];
  return [values.join(', '), ...reasons, ...remarks].filter((note) => note !== '');
}

/** Whether bytes of its outputs are in the shared store, and not here. */
const isElsewhere = ({ away, decision }: StagePlan): boolean =>
  away.length > 0 || (decision.state === 'restorable' && decision.place === 'elsewhere');

function describeCheckpoint(checkpoint: StagePlan['checkpoint']): string {
  if (checkpoint === undefined) return '';
  const { obstacle } = checkpoint;
  return obstacle === undefined ? 'has a checkpoint' : `begins from the start: ${obstacle}`;
}

const rowOf = ({ stage, kind, drawn, state, reasons, fingerprint }: StagePlan) => ({
  stage,
  kind,
  drawn,
  state,
  reasons,
  fingerprint,
});
