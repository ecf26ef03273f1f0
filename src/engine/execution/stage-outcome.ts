import type { Highlight } from '../../stage.ts';
import type { StageName } from '../config/pipeline.ts';
import type { Outputs } from '../plan/examine.ts';
import type { Outcome } from '../store/runs/outcome.ts';

/** How a stage ended in a run, with its outputs for the stages that read it. */
export type StageOutcome = DoneStage | UndoneStage;

export interface UndoneStage {
  readonly outcome: 'failed' | 'blocked' | 'cancelled';
  readonly message: string;
  readonly resumes?: true;
  /** See {@link StageLeftToJob}. */
  readonly leftToJob?: true;
  /** See {@link OldCode}. */
  readonly hasOldCode?: true;
}

export interface DoneStage {
  readonly outcome: 'up to date' | 'restored' | 'ran';
  readonly outputs: Outputs;
  /** The ports whose outputs are not published, since they stay elsewhere. */
  readonly away?: ReadonlySet<string>;
  readonly summaryTables: readonly Highlight[];
  /** False where an input changed meanwhile: the outputs serve this run only. */
  readonly recorded: boolean;
  readonly seconds: number;
  /** For a stage that ran twice: whether both runs gave the same bytes. */
  readonly repeats?: boolean;
}

export const isDone = (outcome: StageOutcome): outcome is DoneStage => 'outputs' in outcome;

export function countOutcomes(
  outcomes: ReadonlyMap<StageName, StageOutcome>,
): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = {
    'up to date': 0,
    restored: 0,
    ran: 0,
    failed: 0,
    blocked: 0,
    cancelled: 0,
  };
  for (const { outcome } of outcomes.values()) counts[outcome] += 1;
  return counts;
}
