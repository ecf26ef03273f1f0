import { existsSync } from 'node:fs';
import type { Stage } from '../../engine/config/pipeline.ts';
import { checkpointOf } from '../../engine/fingerprint/fingerprint.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { PlannedStage } from '../../engine/plan/plan.ts';
import { readCheckpointState } from '../../engine/store/checkpoint-file.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { openTarget, type TargetRequest } from '../../project/open-target.ts';
import { version } from '../../project/package-info.ts';
import type { Selection } from '../../project/selection.ts';
import type { WorkspaceOptions } from '../../project/workspace.ts';
import { planSelection } from '../../project/workspace.ts';
import { wantsColour } from '../../reporting/terminal/colour.ts';
import { formatPlan, type PlanLine } from '../../reporting/terminal/format-plan.ts';
import { printJson, printWarnings, warnOnStderr } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

import { exitCodes } from '../support/process-end.ts';

/** The options of `plan`, which `run` has, too. */
export interface PlanOptions extends Omit<TargetRequest, 'words'>, WorkspaceOptions {
  readonly backend: string;
  readonly json?: boolean;
  readonly on?: string;
}

export async function planCommand(words: readonly string[], options: PlanOptions): Promise<number> {
  const { pipeline, chosen } = await openTarget(openHere(), { words, ...options });
  const { selection } = await pipeline.prepare({ ...options, ...chosen });
  printWarnings(selection.warnings);
  const planned = await planSelection(selection, options.backend, options);
  if (options.json === true) printJson(planned.map(rowOf));
  else process.stdout.write(asText(selection, planned));
  return planned.some(({ decision }) => decision.state === 'failing')
    ? exitCodes.failed
    : exitCodes.ok;
}

function asText(selection: Selection, planned: readonly PlannedStage[]): string {
  const store = new LocalStore(selection.root, warnOnStderr);
  const lines = planned.map(
    (each): PlanLine => ({
      stage: each.stage.name,
      state: each.decision.state,
      notes: notesOf(each, selection, store),
    }),
  );
  return formatPlan(selection.pipeline.name, lines, wantsColour(process.stdout, process.env));
}

function notesOf(
  { stage, decision, examined }: PlannedStage,
  selection: Selection,
  store: LocalStore,
): readonly string[] {
  const begins =
    decision.state === 'stale' && examined !== undefined && !selection.forced.has(stage.name);
  const versions = { restage: version, node: process.version };
  const checkpoint = begins ? checkpointOf(stage, examined.fingerprint, versions) : undefined;
  const kept =
    checkpoint === undefined
      ? ''
      : describeCheckpoint(store.checkpointPath(checkpoint), stage, selection);
  const isAway = decision.state === 'up to date' && (examined?.away.size ?? 0) > 0;
  const drawn = Object.entries(stage.drawn ?? {}).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  const remarks = [kept, isAway ? 'in the shared store' : ''];
  return [drawn.join(', '), ...describeReasons(decision), ...remarks].filter((note) => note !== '');
}

/** Whether a stage will resume, as far as that is known before it runs. */
function describeCheckpoint(path: string, { kind, settings }: Stage, { kinds }: Selection): string {
  if (!existsSync(path)) return '';
  const state = readCheckpointState(path);
  const obstacle =
    state === undefined ? undefined : kinds.get(kind)?.spec.whyNoResume?.(settings, state);
  return obstacle === undefined ? 'has a checkpoint' : `begins from the start: ${obstacle}`;
}

const rowOf = ({ stage, decision, examined }: PlannedStage) => ({
  stage: stage.name,
  kind: stage.kind,
  drawn: stage.drawn,
  state: decision.state,
  reasons: describeReasons(decision),
  fingerprint: examined?.digest,
});
