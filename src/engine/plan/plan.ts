import { StageError } from '../../stage.ts';
import type { PendingStage, Stage, StageName } from '../config/pipeline.ts';
import { ListingError } from '../files/walk-tree.ts';
import { readBy } from '../graph/graph.ts';
import { readItems, SealedInput, sealedReads } from '../seals/sealed-reads.ts';
import { chosenStage } from './chosen-stage.ts';
import type { PlannedDecision } from './decide.ts';
import {
  type Examined,
  ExamineError,
  examine,
  LostInput,
  type Outputs,
  type OutputsOf,
  type Workspace,
} from './examine.ts';
import {
  isProposing,
  neededAlways,
  type ProposingStage,
  recordedTrials,
  toldStage,
  trialsBefore,
} from './trial-history.ts';

export interface PlannedStage {
  readonly stage: Stage;
  readonly decision: PlannedDecision;
  /** Absent for a waiting or failing stage: its inputs are not known. */
  readonly examined?: Examined;
}

/** A stage of which only a list will say what it is, and so what a run would do with it. */
export interface PlannedPending {
  readonly stage: PendingStage;
  readonly decision: PlannedDecision & { readonly state: 'pending' };
}

/**
 * What a run would do now, for stages in dependency order. A reader of a stage that must run is
 * waiting.
 */
export async function plan(
  stages: readonly Stage[],
  workspace: Workspace,
): Promise<readonly PlannedStage[]> {
  const known = new Map<StageName, Outputs>();
  const unknown = new Set<StageName>();
  const planned: PlannedStage[] = [];
  for (const stage of stages) {
    const needed = isProposing(stage) ? neededAlways(stage, readBy(stage)) : readBy(stage);
    const waitsFor = [...new Set(needed)].filter((name) => unknown.has(name));
    const decided: PlannedStage =
      waitsFor.length > 0
        ? { stage, decision: { state: 'waiting', for: waitsFor } }
        : await planStage(stage, workspace, known);
    const next = await checked(decided, workspace, known);
    planned.push(next);
    const { state } = next.decision;
    if ((state === 'up to date' || state === 'restorable') && next.examined?.result !== undefined) {
      known.set(stage.name, next.examined.result.outputs);
    } else {
      unknown.add(stage.name);
    }
  }
  return planned;
}

/**
 * A stage that would run, or may have to, fails where it could not use what other stages left.
 * Files of the user's are checked before.
 */
async function checked(
  planned: PlannedStage,
  { contents }: Workspace,
  known: ReadonlyMap<StageName, Outputs>,
): Promise<PlannedStage> {
  const { stage, decision } = planned;
  const mayRun = decision.state === 'stale' || decision.state === 'waiting';
  if (contents === undefined || !mayRun || contents.makersOf(stage).length === 0) return planned;
  const message = await contents.mistakeOf(stage, (name) => known.get(name));
  return message === undefined ? planned : { stage, decision: { state: 'failing', message } };
}

/**
 * A stage that proposes a trial as it was told before, or would be told now; or the trials that it
 * waits for, since nobody knows in which order they will end.
 */
async function planProposal(
  stage: ProposingStage,
  workspace: Workspace,
  known: ReadonlyMap<StageName, Outputs>,
): Promise<Stage | { readonly waitsFor: readonly StageName[] }> {
  const recorded = await recordedTrials(stage, workspace, (name) => known.get(name) ?? {});
  const before = trialsBefore(stage);
  const ended = recorded?.ended ?? [...before.keys()];
  const waitsFor = ended
    .flatMap((label) => before.get(label) ?? [])
    .filter((name) => !known.has(name));
  if (waitsFor.length > 0) return { waitsFor };
  return toldStage(stage, recorded ?? { ended, failed: [] });
}

async function planStage(
  stage: Stage,
  workspace: Workspace,
  known: ReadonlyMap<StageName, Outputs>,
): Promise<PlannedStage> {
  try {
    const outputsOf: OutputsOf = (name) => known.get(name) ?? {};
    const told = isProposing(stage) ? await planProposal(stage, workspace, known) : stage;
    if ('waitsFor' in told) return { stage, decision: { state: 'waiting', for: told.waitsFor } };
    const chosen = await chosenStage(told, workspace, outputsOf);
    const examined = await examine(chosen, workspace, outputsOf);
    const items = await readItems(chosen, { listings: workspace.listings, outputsOf });
    sealedReads(chosen, items, workspace.ledger.state);
    return { stage: chosen, decision: examined.decision, examined };
  } catch (error) {
    if (error instanceof LostInput)
      return { stage, decision: { state: 'waiting', for: [error.stage] } };
    const isForUser =
      error instanceof ExamineError ||
      error instanceof ListingError ||
      error instanceof SealedInput ||
      error instanceof StageError;
    if (!isForUser) throw error;
    return { stage, decision: { state: 'failing', message: error.message } };
  }
}
